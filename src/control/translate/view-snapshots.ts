// Snapshots for views: what a client of one namespace and address is told of a mesh.
import type { ListenerSpec } from '../../model/listener-spec.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { listenerOf } from './listener.ts';
import type { Mesh, MeshHosts } from './mesh.ts';
import { Recent } from './recent.ts';
import { routeConfigOf } from './route-config.ts';
import { type View, viewKey } from './view.ts';

/** More views than that at once are told the right thing too, but anew each time. */
const MAX_REMEMBERED = 1_000;

const NO_NAMES: Snapshot['names'] = new Map();

interface NamespaceRoutes {
  readonly hosts: MeshHosts;
  readonly config: RouteConfigSpec;
  readonly routes: ReadonlyMap<string, RouteConfigSpec>;
}

/** The same mesh and view give the same snapshot; a part that did not change since the last one of that view is the same object. */
export class ViewSnapshots {
  readonly #routes = new Recent<NamespaceRoutes>(MAX_REMEMBERED);
  readonly #listeners = new Recent<ReadonlyMap<string, ListenerSpec>>(MAX_REMEMBERED);
  readonly #snapshots = new Recent<Snapshot>(MAX_REMEMBERED);

  snapshotOf(mesh: Mesh, view: View): Snapshot {
    const key = viewKey(view);
    const listeners = this.#listenersOf(key, view);
    const { clusters, endpoints } = mesh;
    const routes = view.onDemand === true ? mesh.portRoutes : this.#routesOf(mesh.hosts, view.namespace);
    const names = view.onDemand === true ? mesh.names : NO_NAMES;
    const before = this.#snapshots.get(key);
    if (
      before?.clusters === clusters &&
      before.endpoints === endpoints &&
      before.listeners === listeners &&
      before.routes === routes &&
      before.names === names
    ) {
      return before;
    }
    const snapshot: Snapshot = { clusters, endpoints, listeners, routes, names };
    this.#snapshots.set(key, snapshot);
    return snapshot;
  }

  #listenersOf(key: string, view: View): ReadonlyMap<string, ListenerSpec> {
    const known = this.#listeners.get(key);
    if (known !== undefined) return known;
    const listener = listenerOf(view);
    const listeners = new Map([[listener.name, listener]]);
    this.#listeners.set(key, listeners);
    return listeners;
  }

  #routesOf(hosts: MeshHosts, namespace: string): ReadonlyMap<string, RouteConfigSpec> {
    const before = this.#routes.get(namespace);
    if (before?.hosts === hosts) return before.routes;
    const views = hosts.hosts.map((host, i) => (hosts.namespaces[i] === namespace ? host.own : host.foreign));
    const config = routeConfigOf(namespace, views, before?.config ?? null);
    const routes = before?.config === config ? before.routes : new Map([[config.name, config]]);
    this.#routes.set(namespace, { hosts, config, routes });
    return routes;
  }
}
