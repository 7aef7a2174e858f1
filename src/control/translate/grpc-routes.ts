// The routes of a Service port as gRPC's own xDS clients take them: what they would refuse is said otherwise, or left out.
import type { RouteConfigSpec, RouteSpec } from '../../model/route-spec.ts';

/** Named like the cluster of the port. CONNECT is refused by gRPC; filters and sessions are of listeners with sockets. */
export function grpcRoutes(cluster: string, config: RouteConfigSpec): RouteConfigSpec {
  const routes = config.virtualHosts.flatMap((host) => host.routes).filter(({ match }) => match.connect !== true);
  return { name: cluster, virtualHosts: [{ name: cluster, domains: ['*'], routes: routes.map(grpcRoute) }] };
}

function grpcRoute({ filters: _filters, action, match, ...route }: RouteSpec): RouteSpec {
  const { path } = match;
  const own = path.kind === 'separated-prefix' ? { ...match, path: segments(path.value) } : match;
  if (action.kind === 'redirect' || action.kind === 'direct-response') return { ...route, match: own, action };
  const { session: _session, ...others } = action;
  return { ...route, match: own, action: others };
}

/** gRPC knows no prefixes of whole segments. */
function segments(prefix: string) {
  const escaped = prefix.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  return { kind: 'regex', pattern: `${escaped}(?:/.*)?` } as const;
}
