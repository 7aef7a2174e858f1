// How many requests may pass in a time, counted by each sidecar for itself.
import type { FractionSpec } from './fraction-spec.ts';
import type { HeaderToAddSpec } from './header-changes-spec.ts';
import type { HeaderMatcherSpec } from './route-match-spec.ts';

/** Source: envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit. */
export interface LocalRateLimitSpec {
  /** Prefix of its statistics, not empty. */
  readonly statPrefix: string;
  /** Absent = nothing is limited: a listener leaves it to its routes. */
  readonly bucket?: TokenBucketSpec;
  /** Buckets for some requests, besides that for all; only where there is that. */
  readonly descriptors?: DescriptorLimitsSpec;
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

/** Requests are told apart by descriptors: lists of entries, in their order. Source: LocalRateLimit.rate_limits and descriptors. */
export interface DescriptorLimitsSpec {
  /** Each makes a descriptor of an entry for each of its actions; none where one of them has nothing to say. */
  readonly actions: readonly (readonly RateLimitActionSpec[])[];
  /** A request with that descriptor takes a token here. At least one. */
  readonly buckets: readonly DescriptorBucketSpec[];
  /** Such a request takes none of the bucket for all. Source: always_consume_default_token_bucket. */
  readonly instead?: true;
}

export interface DescriptorBucketSpec {
  /** At least one; values are not empty. */
  readonly entries: readonly DescriptorEntry[];
  readonly bucket: TokenBucketSpec;
}

export interface DescriptorEntry {
  readonly key: string;
  readonly value: string;
}

/** Where an entry comes from. Source: envoy.config.route.v3.RateLimit.Action. */
export type RateLimitActionSpec =
  /** The same for all requests. */
  | { readonly kind: 'generic-key'; readonly key: string; readonly value: string }
  /** The value of that field (lower case); without it there is no descriptor, or with `optional` none but this entry. */
  | { readonly kind: 'request-header'; readonly name: string; readonly key: string; readonly optional?: true }
  /** The address of the caller's connection, as `remote_address`. */
  | { readonly kind: 'remote-address' }
  /** Of requests that match all of these, or with `matches` false do not. */
  | {
      readonly kind: 'header-match';
      readonly key: string;
      readonly value: string;
      readonly matches: boolean;
      readonly headers: readonly HeaderMatcherSpec[];
    };

export const RATE_LIMITED_STATUS = 429;
export const MIN_FILL_INTERVAL_MS = 50;
