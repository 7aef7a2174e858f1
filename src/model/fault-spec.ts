// Faults that are made on purpose, to see what callers do: requests come late, or fail.
import type { FractionSpec } from './fraction-spec.ts';
import type { HeaderMatcherSpec } from './route-match-spec.ts';

/** Each request gets a delay, an abort, both (in this order) or none. Source: envoy.extensions.filters.http.fault.v3.HTTPFault. */
export interface FaultSpec {
  readonly delay?: FaultDelaySpec;
  readonly abort?: FaultAbortSpec;
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
