// How much of one cluster a sidecar may have in use at the same time.

/** Whose limits count for a request: its route says so. Source: envoy.config.core.v3.RoutingPriority. */
export const ROUTING_PRIORITIES = ['default', 'high'] as const;
export type RoutingPriority = (typeof ROUTING_PRIORITIES)[number];

/** What is absent is not limited; each number is 0 … 2^32 − 2. Source: envoy.config.cluster.v3.CircuitBreakers.Thresholds. */
export interface ThresholdsSpec {
  /** Connections to all endpoints together; each endpoint may have one whatever stands here. */
  readonly maxConnections?: number;
  /** Requests that wait for a connection. */
  readonly maxPendingRequests?: number;
  /** Requests that have a connection and are not answered yet; connections of TCP count as one each. */
  readonly maxRequests?: number;
  /** Attempts after the first. Absent = a share of the requests of ten seconds (docs/guides/retries.md). */
  readonly retries?: RetryLimitSpec;
  /** Endpoints that have connections at a time; whoever would need one more is refused. */
  readonly maxConnectionPools?: number;
  /** How much is left is told as well. */
  readonly trackRemaining?: true;
  /** Connections to any one endpoint. Source: CircuitBreakers.per_host_thresholds. */
  readonly maxConnectionsPerEndpoint?: number;
}

/**
 * `number`: so many at a time, 0 … 2^32 − 2. `share`: so much of what is in work for the cluster, 0–100 %, and `minConcurrent` in any case.
 * Source: max_retries, retry_budget.
 */
export type RetryLimitSpec =
  | { readonly kind: 'number'; readonly max: number }
  | { readonly kind: 'share'; readonly percent: number; readonly minConcurrent: number };

/** A priority that is absent has no limits. */
export type CircuitBreakersSpec = Readonly<Partial<Record<RoutingPriority, ThresholdsSpec>>>;

/** Source: envoy.config.cluster.v3.CircuitBreakers: what its fields mean where its message is there and they are not. */
export const ENVOY_MAX_IN_USE = 1_024;
