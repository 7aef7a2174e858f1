// The contract of load balancing: a long-lived policy makes immutable pickers, a picker answers for one set of endpoints.
import type { Random } from '../../base/random.ts';
import type { LoadBalancerName } from '../../model/cluster-spec.ts';
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

export interface LoadBalancer {
  readonly name: LoadBalancerName;
  /** Called when the eligible endpoints change; `endpoints` never changes afterwards. */
  createPicker(endpoints: readonly Endpoint[], random: Random): Picker;
}
