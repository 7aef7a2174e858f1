// How many requests may pass in a time, counted by each sidecar for itself.
import type { FractionSpec } from './fraction-spec.ts';
import type { HeaderToAddSpec } from './header-changes-spec.ts';

/** Source: envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit. */
export interface LocalRateLimitSpec {
  /** Prefix of its statistics, not empty. */
  readonly statPrefix: string;
  /** Absent = nothing is limited: a listener leaves it to its routes. */
  readonly bucket?: TokenBucketSpec;
  /** The share of requests that take a token. */
  readonly enabled: FractionSpec;
  /** The share of those without a token that are refused. */
  readonly enforced: FractionSpec;
  /** Of refusals: 400–599. */
  readonly status: number;
  /** Refused gRPC calls get RESOURCE_EXHAUSTED instead of UNAVAILABLE. */
  readonly asResourceExhausted?: true;
  /** Refusals carry these. */
  readonly refusalHeaders?: readonly HeaderToAddSpec[];
  /** Requests without a token that pass nevertheless carry these. */
  readonly unenforcedHeaders?: readonly HeaderToAddSpec[];
  /** Answers tell the limit, what is left of it, and when there is more: x-ratelimit-limit, -remaining and -reset. */
  readonly tellLimits?: true;
}

/** Source: envoy.type.v3.TokenBucket. It is full at first, and fills evenly. */
export interface TokenBucketSpec {
  /** At once, ≥ 1. */
  readonly maxTokens: number;
  /** ≥ 1. */
  readonly tokensPerFill: number;
  /** ≥ 50. */
  readonly fillIntervalMs: number;
}

export const RATE_LIMITED_STATUS = 429;
export const MIN_FILL_INTERVAL_MS = 50;
