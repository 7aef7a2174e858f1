// The CORS filter of a route as a policy of the filter that every outbound listener has.
import type { CorsFilter } from '../../../kube/route-filters.ts';
import type { CorsPolicySpec } from '../../../model/cors-spec.ts';
import { ALWAYS, NEVER } from '../../../model/fraction-spec.ts';
import type { FilterOverridesSpec } from '../../../model/http-filter-spec.ts';
import type { StringMatcherSpec } from '../../../model/route-match-spec.ts';
import { CORS } from '../service-filters.ts';

export function corsOverrides(cors: CorsFilter): FilterOverridesSpec {
  return { [CORS]: { config: { kind: 'cors', policy: corsPolicyOf(cors) } } };
}

/** Of a route, or of a TrafficPolicy. */
export function corsPolicyOf({ allowOrigins, allowCredentials, maxAge, ...lists }: CorsFilter): CorsPolicySpec {
  const said = (list: readonly string[]) => (list.length === 0 ? null : list.join(', '));
  const methods = said(lists.allowMethods);
  const headers = said(lists.allowHeaders);
  const exposed = said(lists.exposeHeaders);
  return {
    origins: allowOrigins.map(originOf),
    ...(methods === null ? {} : { allowMethods: methods }),
    ...(headers === null ? {} : { allowHeaders: headers }),
    ...(exposed === null ? {} : { exposeHeaders: exposed }),
    maxAge: String(maxAge),
    ...(allowCredentials ? { allowCredentials: true } : {}),
    enabled: ALWAYS,
    shadow: NEVER,
  };
}

/** A star stands for labels of a host, and alone for every origin. */
function originOf(origin: string): StringMatcherSpec {
  if (origin === '*' || !origin.includes('*')) return { kind: 'exact', value: origin };
  const pattern = origin.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '[-A-Za-z0-9.]+');
  return { kind: 'regex', pattern };
}
