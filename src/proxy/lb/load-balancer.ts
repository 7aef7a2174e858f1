// The contract of load balancing: a long-lived policy makes immutable pickers, a picker answers for one set of endpoints.
import type { Random } from '../../base/random.ts';
import type { BalancingSpec, LoadBalancerName } from '../../model/balancing-spec.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

export interface PickContext {
  /** An earlier attempt of the same request went to `endpoint`. */
  wasTried(endpoint: Endpoint): boolean;
  /** Where a redirected connection was going, for clusters that go there; absent or null = it was not redirected. */
  readonly originalDestination?: SocketAddressSpec | null;
}

export interface Picker {
  /**
   * Called for each attempt. Prefers endpoints that were not tried; when all were, any. `null` only when there are none. Must not keep
   * `context`.
   */
  pick(context: PickContext): Endpoint | null;
}

/** What the pickers of one cluster share. */
export interface PickerContext {
  readonly random: Random;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Drawn once a cluster, in [0, 2^32): what shall be different in each sidecar and the same in each picker. */
  readonly seed: number;
  readonly spec: BalancingSpec;
}

export interface LoadBalancer {
  readonly name: LoadBalancerName;
  /** It compares how quick endpoints are, so that their latencies must be measured. */
  readonly needsLatency?: true;
  /** Called when the eligible endpoints change; `endpoints` never changes afterwards. */
  createPicker(endpoints: readonly Endpoint[], context: PickerContext): Picker;
}
