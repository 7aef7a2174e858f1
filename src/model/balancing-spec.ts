// Load balancing as configuration: the algorithm among the endpoints of a cluster, and what it is told.

/** Rows of the load balancer table, as annotations name them (contract.md), and `pick-first`. */
export const LOAD_BALANCER_NAMES = ['round-robin', 'least-request', 'peak-ewma', 'random', 'pick-first'] as const;
export type LoadBalancerName = (typeof LOAD_BALANCER_NAMES)[number];

/** What a cluster says of its balancing beyond the name of the algorithm. What is absent is as Envoy has it. */
export interface BalancingSpec {
  readonly leastRequest?: LeastRequestSpec;
  readonly pickFirst?: PickFirstSpec;
}

/** Source: envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest. */
export interface LeastRequestSpec {
  /** Endpoints that are compared for a request, ≥ 2. */
  readonly choiceCount: number;
  /** Where weights differ an endpoint counts as weight ÷ (active requests + 1) to the power of this, ≥ 0. */
  readonly activeRequestBias: number;
  /** All endpoints are compared. */
  readonly fullScan: boolean;
}

export const DEFAULT_LEAST_REQUEST: LeastRequestSpec = { choiceCount: 2, activeRequestBias: 1, fullScan: false };

/** Source: envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst. */
export interface PickFirstSpec {
  /** Each sidecar has an order of its own, instead of the given one. */
  readonly shuffle: boolean;
}
