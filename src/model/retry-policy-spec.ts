// Retries as configuration: which failures are sent again, how often, after what pause, and how long each try may take.
import type { HeaderMatcherSpec } from './route-match-spec.ts';
import type { SubsetLabels } from './subset-spec.ts';

/**
 * When a failed attempt is made again, whatever the request's method: `connect-failure` (the connection never came to be), `refused-stream` (HTTP/2:
 * the endpoint says that it has not begun), `reset-before-request` (as connect-failure), `reset` (no answer came, for any reason but the route's own
 * timeout), `gateway-error` (502, 503, 504, or no answer), `5xx` (any from 500, or no answer), `retriable-4xx` (409), `retriable-status-codes`
 * (`statusCodes`), `retriable-headers` (`answerHeaders`), `envoy-ratelimited` (x-envoy-ratelimited; such answers are retried for no other reason);
 * those of gRPC by the grpc-status in the head of an answer; `switchboard-safe`: what is safe by itself, by method (docs/guides/retries.md),
 * which other proxies do not know and leave out.
 */
export const RETRY_CONDITIONS = [
  'connect-failure',
  'refused-stream',
  'reset',
  'reset-before-request',
  'gateway-error',
  '5xx',
  'retriable-4xx',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
  'switchboard-safe',
] as const;
/** Those that gRPC's status is asked for. */
export const GRPC_CONDITIONS = [
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const satisfies readonly RetryCondition[];
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** Source: envoy.config.route.v3.RetryPolicy. */
export interface RetryPolicySpec {
  /** Empty = nothing is sent again. */
  readonly on: readonly RetryCondition[];
  /** Attempts after the first, ≥ 0. */
  readonly numRetries: number;
  /** What `retriable-status-codes` means: 100–599 each. */
  readonly statusCodes: readonly number[];
  /** What `retriable-headers` means: an answer that one of them matches. Pseudo headers: `:status` alone. */
  readonly answerHeaders?: readonly HeaderMatcherSpec[];
  /** Only requests that one of them matches are sent again; absent = all. */
  readonly requestHeaders?: readonly HeaderMatcherSpec[];
  /**
   * Endpoints with all labels of one of these are passed over by retries while there are others. Source: retry_host_predicate, omit_canary_hosts
   * (which are those with `canary: true`) and omit_host_metadata.
   */
  readonly avoids?: readonly SubsetLabels[];
  /**
   * After so many attempts, and again after as many, ≥ 1, all priorities that attempts went to are passed over while there are others. Source:
   * retry_priority, previous_priorities.
   */
  readonly attemptsPerPriority?: number;
  /** The pause before each retry, drawn from [0, base × (2^retry − 1)] and at most `maxMs`; absent = none while another endpoint is left. */
  readonly backOff?: { readonly baseMs: number; readonly maxMs: number };
  /** Answers may say themselves how long to wait; absent = they are not asked. */
  readonly resetBackOff?: ResetBackOffSpec;
  /** From the end of the request, or the beginning of the try where that is later, to the beginning of its answer, ms (> 0); absent = none. */
  readonly perTryTimeoutMs?: number;
  /** Of a try in which no byte moves, ms (> 0); absent = none. */
  readonly perTryIdleTimeoutMs?: number;
  /** A try that has taken `perTryTimeoutMs` goes on beside the next one: the first good answer of all counts. Source: HedgePolicy. */
  readonly hedgeOnPerTryTimeout?: true;
}

/** Source: envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff. */
export interface ResetBackOffSpec {
  /** The first that an answer has, and that says no more than `maxMs`, counts: so much to one and a half times that is waited. At least one. */
  readonly headers: readonly {
    /** Lower case. */
    readonly name: string;
    /** Until then: in seconds from now, or since the epoch. */
    readonly format: 'seconds' | 'unix-timestamp';
  }[];
  /** > 0. Envoy's default: 300,000. */
  readonly maxMs: number;
}
