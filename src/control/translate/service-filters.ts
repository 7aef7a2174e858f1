// What a Service asks of HTTP filters on the way to it, and the filters that listeners have for that.
import type { AdaptiveConcurrencySpec } from '../../model/adaptive-concurrency-spec.ts';
import type { CorsPolicySpec } from '../../model/cors-spec.ts';
import type { FaultSpec } from '../../model/fault-spec.ts';
import { NEVER } from '../../model/fraction-spec.ts';
import type { FilterOverridesSpec, HttpFilterSpec } from '../../model/http-filter-spec.ts';
import type { LocalRateLimitSpec } from '../../model/local-rate-limit-spec.ts';

/** Each is for all requests to the Service of one sidecar, which counts for itself. */
export interface ServiceFilters {
  readonly cors?: CorsPolicySpec;
  readonly fault?: FaultSpec;
  /** With a bucket. */
  readonly rateLimit?: LocalRateLimitSpec;
  /** For our own sidecars: Envoy's filter knows listeners alone. */
  readonly adaptiveConcurrency?: AdaptiveConcurrencySpec;
}

/** As Envoy calls them, so that its documentation holds. */
export const CORS = 'envoy.filters.http.cors';
const FAULT = 'envoy.filters.http.fault';
const RATE_LIMIT = 'envoy.filters.http.local_ratelimit';
const ADAPTIVE_CONCURRENCY = 'envoy.filters.http.adaptive_concurrency';

/** What a listener has that leaves it to routes. Its prefix is never used. */
const NO_LIMIT: LocalRateLimitSpec = { statPrefix: 'services', enabled: NEVER, enforced: NEVER, status: 429 };

/** They do nothing where no route says what. CORS first: browsers shall see what the others answer. */
export const SERVICE_FILTERS: readonly HttpFilterSpec[] = [
  { name: CORS, config: { kind: 'cors' } },
  { name: FAULT, config: { kind: 'fault', fault: {} } },
  { name: RATE_LIMIT, config: { kind: 'local-rate-limit', limit: NO_LIMIT } },
];

/** Those of our own sidecars. */
export const OWN_SERVICE_FILTERS: readonly HttpFilterSpec[] = [
  ...SERVICE_FILTERS,
  { name: ADAPTIVE_CONCURRENCY, config: { kind: 'adaptive-concurrency', concurrency: null } },
];

/** What the virtual host of a Service says, for any client; absent = nothing. */
export function filterOverrides({ cors, fault, rateLimit }: ServiceFilters): FilterOverridesSpec | undefined {
  const overrides: FilterOverridesSpec = {
    ...(cors === undefined ? {} : { [CORS]: { config: { kind: 'cors', policy: cors } } }),
    ...(fault === undefined ? {} : { [FAULT]: { config: { kind: 'fault', fault } } }),
    ...(rateLimit === undefined ? {} : { [RATE_LIMIT]: { config: { kind: 'local-rate-limit', limit: rateLimit } } }),
  };
  return Object.keys(overrides).length === 0 ? undefined : overrides;
}

/** The same for our own sidecars. */
export function ownFilterOverrides(filters: ServiceFilters): FilterOverridesSpec | undefined {
  const { adaptiveConcurrency: concurrency } = filters;
  const others = filterOverrides(filters);
  if (concurrency === undefined) return others;
  return { ...others, [ADAPTIVE_CONCURRENCY]: { config: { kind: 'adaptive-concurrency', concurrency } } };
}
