// What gRPC clients are told of the names that they dial: a listener per `host:port`, and the routes of a Service port.
import { DEFAULT_IDLE_TIMEOUT_MS } from '../../model/listener-spec.ts';
import { outboundClusterName, parseDialledName, searchSuffixes } from '../../model/names.ts';
import type { ApiListenerSpec } from '../../model/on-demand.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { grpcRoutes } from './grpc-routes.ts';
import type { Mesh } from './mesh.ts';
import { Recent } from './recent.ts';

/** More names than that at once are told the right thing too, but are made anew each time. */
const MAX_REMEMBERED = 10_000;
type Clusters = Snapshot['clusters'];
type Routed = Pick<Mesh, 'ruledRoutes' | 'consumerRoutes'>;

/** Each answer depends on its arguments alone; what is remembered only keeps identities. */
export class OnDemandNames {
  readonly #clusterDomain: string;
  readonly #listeners = new Recent<ApiListenerSpec>(MAX_REMEMBERED);
  readonly #routes = new Recent<RouteConfigSpec>(MAX_REMEMBERED);
  readonly #ruled = new WeakMap<RouteConfigSpec, RouteConfigSpec>();

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  /** `name` in any form that a pod of `namespace` may write: `web:80`, `web.shop:80`, … ; null where no Service port answers to it. */
  apiListener(namespace: string, name: string, clusters: Clusters): ApiListenerSpec | null {
    const cluster = this.#clusterOf(namespace, name, clusters);
    if (cluster === null) return null;
    const key = `${name}\n${cluster}`;
    const known = this.#listeners.get(key);
    if (known !== undefined) return known;
    const fresh = apiListener(name, cluster);
    this.#listeners.set(key, fresh);
    return fresh;
  }

  /** Named like the cluster that it leads to, where no route says otherwise for callers of `namespace`. */
  routeConfig(namespace: string, cluster: string, clusters: Clusters, mesh: Routed): RouteConfigSpec | null {
    if (!clusters.has(cluster)) return null;
    const ruled = mesh.ruledRoutes.get(cluster);
    if (ruled !== undefined)
      return this.#ruledConfig(cluster, mesh.consumerRoutes.get(namespace)?.get(ruled.name) ?? ruled);
    const known = this.#routes.get(cluster);
    if (known !== undefined) return known;
    const fresh = routeConfig(cluster);
    this.#routes.set(cluster, fresh);
    return fresh;
  }

  /** The same for the same routes. */
  #ruledConfig(cluster: string, config: RouteConfigSpec): RouteConfigSpec {
    const known = this.#ruled.get(config);
    if (known !== undefined) return known;
    const fresh = grpcRoutes(cluster, config);
    this.#ruled.set(config, fresh);
    return fresh;
  }

  #clusterOf(namespace: string, name: string, clusters: Clusters): string | null {
    const parsed = parseDialledName(name);
    if (parsed === null) return null;
    for (const suffix of searchSuffixes(namespace, this.#clusterDomain)) {
      const cluster = outboundClusterName(parsed.port, `${parsed.name}${suffix}`);
      if (clusters.has(cluster)) return cluster;
    }
    return null;
  }
}

function apiListener(name: string, routes: string): ApiListenerSpec {
  const http = {
    statPrefix: name,
    routes: { kind: 'rds', name: routes },
    idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
    requestHeadersTimeoutMs: 0,
  } as const;
  return { name, http };
}

/** Whatever the client calls itself by, it has already chosen the Service. gRPC refuses routes for CONNECT, so there is none. */
function routeConfig(cluster: string): RouteConfigSpec {
  const route = {
    name: 'default',
    match: { path: { kind: 'prefix', value: '/' } },
    action: { cluster, timeoutMs: 0 },
  } as const;
  return { name: cluster, virtualHosts: [{ name: cluster, domains: ['*'], routes: [route] }] };
}
