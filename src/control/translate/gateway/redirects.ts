// Redirects that a route answers with.
import type { RequestRedirect } from '../../../kube/route-filters.ts';
import type { RouteMatchSpec } from '../../../model/route-match-spec.ts';
import { REDIRECT_STATUSES, type RedirectSpec } from '../../../model/route-spec.ts';
import { pathRewrite } from './path-changes.ts';

const PORTS = { http: 80, https: 443 } as const;

/** `servicePort`: that of the parent, which takes the place of the Gateway's listener. */
export function redirectTo(redirect: RequestRedirect, match: RouteMatchSpec, servicePort: number): RedirectSpec {
  const { scheme, hostname, path, statusCode } = redirect;
  const port = portOf(redirect, servicePort);
  return {
    kind: 'redirect',
    status: REDIRECT_STATUSES.find((status) => status === statusCode) ?? 302,
    ...(scheme === undefined ? {} : { scheme }),
    ...(hostname === undefined ? {} : { host: hostname }),
    ...(port === null ? {} : { port }),
    ...(path === undefined ? {} : { path: redirectPath(path, match) }),
  };
}

function redirectPath(
  path: NonNullable<RequestRedirect['path']>,
  match: RouteMatchSpec,
): NonNullable<RedirectSpec['path']> {
  return path.type === 'ReplaceFullPath' && path.replaceFullPath !== ''
    ? { kind: 'full', value: path.replaceFullPath }
    : pathRewrite(path, match);
}

/**
 * A port that is not said is that of the scheme, and without a scheme the one that was called. Null: the request's own authority says it, or
 * it goes without saying. Source: gateway.networking.k8s.io/v1.HTTPRequestRedirectFilter.port.
 */
function portOf({ port, scheme, hostname }: RequestRedirect, servicePort: number): number | null {
  const wanted = port ?? (scheme === undefined ? servicePort : PORTS[scheme]);
  const unsaid = wanted === PORTS[scheme ?? 'http'];
  if (hostname !== undefined) return unsaid ? null : wanted;
  // Authorities without a port mean 80, and `:80` falls away with the scheme.
  if (servicePort === PORTS.http) return unsaid ? null : wanted;
  return wanted === servicePort ? null : wanted;
}
