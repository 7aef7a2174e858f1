// TrafficPolicy's cors as the policy of a filter.
import type { CorsSection } from '../../kube/traffic-policy/cors-section.ts';
import type { CorsPolicySpec } from '../../model/cors-spec.ts';
import { corsPolicyOf } from '../translate/gateway/cors.ts';
import { msOf } from './duration-ms.ts';

/** Gateway API's. */
const DEFAULT_MAX_AGE_MS = 5_000;

export function corsOf(section: CorsSection): CorsPolicySpec {
  const { allowOrigins, allowMethods = [], allowHeaders = [], exposeHeaders = [], allowCredentials = false } = section;
  const maxAge = Math.floor((msOf(section.maxAge) ?? DEFAULT_MAX_AGE_MS) / 1_000);
  return corsPolicyOf({ allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge });
}
