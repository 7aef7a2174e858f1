// The routes of every Service port as callers of one namespace have them.
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import type { Mesh } from './mesh.ts';
import { Recent } from './recent.ts';

type Routes = ReadonlyMap<string, RouteConfigSpec>;

interface Joined {
  readonly common: Routes;
  readonly own: Routes;
  readonly routes: Routes;
}

export class NamespacePortRoutes {
  readonly #joined: Recent<Joined>;

  /** `limit`: namespaces that are remembered. */
  constructor(limit: number) {
    this.#joined = new Recent(limit);
  }

  /** The same map for all namespaces that have no routes of their own. */
  of({ portRoutes, consumerRoutes }: Mesh, namespace: string): Routes {
    const own = consumerRoutes.get(namespace);
    if (own === undefined) return portRoutes;
    const known = this.#joined.get(namespace);
    if (known?.common === portRoutes && known.own === own) return known.routes;
    const routes = new Map([...portRoutes, ...own]);
    this.#joined.set(namespace, { common: portRoutes, own, routes });
    return routes;
  }
}
