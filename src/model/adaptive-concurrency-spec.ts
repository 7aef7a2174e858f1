// How many requests at a time somebody takes well, found out by how long they take.

/**
 * A gradient controller: in each window the limit follows the ratio of the shortest usual time to that of the window, with room for a burst of the
 * square root of the limit. Source: envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.
 */
export interface AdaptiveConcurrencySpec {
  /** Which of the times of a window counts, 0–100. Envoy's default: 50. */
  readonly percentile: number;
  /** ≥ 1. Envoy's default: 1,000. */
  readonly maxLimit: number;
  /** Of what is calculated, ≥ 1. Envoy's default: `minConcurrency`. */
  readonly minLimit: number;
  /** Of a window, ms (> 0). */
  readonly updateIntervalMs: number;
  /** The shortest usual time, without load. */
  readonly minRtt: MinRttSpec;
  /** On top of that time, before the limit falls, in percent of it, ≥ 0. Envoy's default: 25. */
  readonly bufferPercent: number;
  /** Of refusals: 400–599. Envoy's default: 503. */
  readonly status: number;
}

export type MinRttSpec =
  | { readonly kind: 'fixed'; readonly ms: number }
  | {
      readonly kind: 'measured';
      /** From one measurement to the next, ms (≥ 1). */
      readonly intervalMs: number;
      /** More by chance, in percent of the interval, ≥ 0. Envoy's default: 15. */
      readonly jitterPercent: number;
      /** Requests whose times are taken, ≥ 1. Envoy's default: 50. */
      readonly requestCount: number;
      /** The limit meanwhile, ≥ 1. Envoy's default: 3. */
      readonly minConcurrency: number;
    };

/** What is usual where nothing is said; Envoy's, except for the intervals, which it wants to be told. */
export const DEFAULT_ADAPTIVE_CONCURRENCY: AdaptiveConcurrencySpec = {
  percentile: 50,
  maxLimit: 1_000,
  minLimit: 3,
  updateIntervalMs: 100,
  minRtt: { kind: 'measured', intervalMs: 60_000, jitterPercent: 15, requestCount: 50, minConcurrency: 3 },
  bufferPercent: 25,
  status: 503,
};
