// What sections of a TrafficPolicy ask of HTTP filters.
import type { ServiceFilters } from '../translate/service-filters.ts';
import { adaptiveConcurrencyOf } from './adaptive-concurrency.ts';
import type { SaidSections } from './attachments.ts';
import { corsOf } from './cors.ts';
import { faultOf } from './faults.ts';
import { rateLimitOf } from './rate-limit.ts';

/** `statPrefix`: what statistics of the Service are called by. Undefined = nothing. */
export function filtersOf(said: SaidSections, statPrefix: string): ServiceFilters | undefined {
  const { cors, faults, rateLimit, adaptiveConcurrency } = said;
  const filters: ServiceFilters = {
    ...(cors === undefined ? {} : { cors: corsOf(cors.value) }),
    ...(faults === undefined ? {} : { fault: faultOf(faults.value) }),
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimitOf(rateLimit.value, statPrefix) }),
    ...(adaptiveConcurrency === undefined
      ? {}
      : { adaptiveConcurrency: adaptiveConcurrencyOf(adaptiveConcurrency.value) }),
  };
  return Object.keys(filters).length === 0 ? undefined : filters;
}
