// Faults that are made on purpose, to see what callers do: requests come late, or fail; answers come slowly.
import type { FractionSpec } from './fraction-spec.ts';
import type { HeaderMatcherSpec } from './route-match-spec.ts';

/** Each request gets a delay, an abort, both (in this order) or none. Source: envoy.extensions.filters.http.fault.v3.HTTPFault. */
export interface FaultSpec {
  readonly delay?: FaultDelaySpec;
  readonly abort?: FaultAbortSpec;
  /** Its answer comes slowly, whatever else becomes of it. */
  readonly pace?: FaultPaceSpec;
  /** Only requests to this cluster. Absent = whatever it is. */
  readonly cluster?: string;
  /** Only requests that match all of these. */
  readonly headers?: readonly HeaderMatcherSpec[];
  /** More requests than this do not have a fault at one time, ≥ 0; counted per listener. Absent = however many. */
  readonly maxActive?: number;
}

/**
 * `ms`: > 0. `by-header`: as x-envoy-fault-delay-request says, in ms; x-envoy-fault-delay-request-percentage may lower the numerator of `share`. A
 * request without that header is not delayed. Source: envoy.extensions.filters.common.fault.v3.FaultDelay.
 */
export interface FaultDelaySpec {
  readonly delay: { readonly kind: 'fixed'; readonly ms: number } | { readonly kind: 'by-header' };
  readonly share: FractionSpec;
}

/**
 * `status`: 200–599. `by-header`: as x-envoy-fault-abort-request or x-envoy-fault-abort-grpc-request says, of which the first has its way;
 * x-envoy-fault-abort-request-percentage may lower the numerator of `share`. Source: envoy.extensions.filters.http.fault.v3.FaultAbort.
 */
export interface FaultAbortSpec {
  readonly abort:
    | { readonly kind: 'http'; readonly status: number }
    | { readonly kind: 'grpc'; readonly status: number }
    | { readonly kind: 'by-header' };
  readonly share: FractionSpec;
}

/**
 * `kibPerSecond`: 1 … 2^32 − 1. `by-header`: as x-envoy-fault-throughput-response says, in KiB a second; x-envoy-fault-throughput-response-percentage may
 * lower the numerator of `share`. A request without that header is answered at once. Source: envoy.extensions.filters.common.fault.v3.FaultRateLimit.
 */
export interface FaultPaceSpec {
  readonly limit: { readonly kind: 'fixed'; readonly kibPerSecond: number } | { readonly kind: 'by-header' };
  readonly share: FractionSpec;
}

export const MAX_FAULT_PACE = 2 ** 32 - 1;
