// What clients are told beyond others because their connections are redirected to them: the same for all of them.
import { type ClusterSpec, DEFAULT_CONNECT_TIMEOUT_MS } from '../../model/cluster-spec.ts';
import { PASSTHROUGH_CLUSTER } from '../../model/names.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Mesh } from './mesh.ts';
import { sameItems } from './service-inputs.ts';
import { VipListeners } from './vip-listeners.ts';

const PASSTHROUGH: ClusterSpec = {
  name: PASSTHROUGH_CLUSTER,
  discovery: { kind: 'original-dst' },
  connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
  loadBalancer: 'round-robin',
};

/** What did not change since the mesh before is the same object. */
export class InterceptedParts {
  readonly #vips = new VipListeners();
  readonly #clusters = new WeakMap<Snapshot['clusters'], Snapshot['clusters']>();
  /** By routes of the proxy-mode listener. */
  readonly #routes = new WeakMap<Snapshot['routes'], { ports: Snapshot['routes']; routes: Snapshot['routes'] }>();
  #services: Mesh['services'] = [];
  #listeners: Snapshot['listeners'] = new Map();

  clustersOf({ clusters }: Mesh): Snapshot['clusters'] {
    const known = this.#clusters.get(clusters);
    if (known !== undefined) return known;
    const fresh = new Map([...clusters, [PASSTHROUGH.name, PASSTHROUGH] as const]);
    this.#clusters.set(clusters, fresh);
    return fresh;
  }

  listenersOf({ services }: Mesh): Snapshot['listeners'] {
    if (services === this.#services) return this.#listeners;
    this.#services = services;
    const fresh = this.#vips.of(services);
    if (!sameItems([...fresh.values()], [...this.#listeners.values()])) this.#listeners = fresh;
    return this.#listeners;
  }

  /** Those of each Service port beside `proxy`. */
  routesOf(portRoutes: Mesh['portRoutes'], proxy: Snapshot['routes']): Snapshot['routes'] {
    const known = this.#routes.get(proxy);
    if (known?.ports === portRoutes) return known.routes;
    const routes = new Map([...portRoutes, ...proxy]);
    this.#routes.set(proxy, { ports: portRoutes, routes });
    return routes;
  }
}
