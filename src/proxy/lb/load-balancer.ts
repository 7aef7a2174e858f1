// The contract of load balancing: a long-lived policy makes immutable pickers, a picker answers for one set of endpoints.
import type { Random } from '../../base/random.ts';
import type { Word64 } from '../../base/word64.ts';
import type { BalancingSpec, LoadBalancerName } from '../../model/balancing-spec.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PlacesMemo } from './places-memo.ts';

export interface PickContext {
  /** An earlier attempt of the same request went to `endpoint`. */
  wasTried(endpoint: Endpoint): boolean;
  /**
   * What equal requests have in common, for algorithms that send them to the same endpoint; absent or null = nothing: any endpoint. It is
   * computed when it is read first, and good until the request is over.
   */
  readonly hash?: Word64 | null;
  /** The subset that its route asks for (a text of `subsetIdOf`); absent or '' = none. */
  readonly subset?: string;
  /** Priorities that get nothing of it, sorted; absent or null = each gets its share. */
  readonly leftOut?: readonly number[] | null;
  /** Whose request it is: the caller's address; absent or null = nobody knows. */
  readonly client?: string | null;
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
  /** After an ejection an endpoint gets its share little by little, for so long, ms; absent or 0 = at once. */
  readonly returnWindowMs?: number;
  /** What is in work at all endpoints of the cluster together. */
  readonly load: { readonly requestsActive: number };
  /** What hashing has built before; absent: everything is built anew. */
  readonly places?: PlacesMemo | undefined;
}

export interface LoadBalancer extends Balancer {
  readonly name: LoadBalancerName;
}

/** An algorithm, whether users can choose it or not. */
export interface Balancer {
  /** It compares how quick endpoints are, so that their latencies must be measured. */
  readonly needsLatency?: true;
  /** It reads the `hash` of requests. */
  readonly needsHash?: true;
  /** It goes through all endpoints in one order, wherever they are. */
  readonly needsOrder?: true;
  /**
   * Called when the eligible endpoints change; `endpoints` never changes afterwards. `shares`: for those that need a hash, what each endpoint owns
   * of the whole, instead of by its weight.
   */
  createPicker(endpoints: readonly Endpoint[], context: PickerContext, shares?: readonly number[]): Picker;
}
