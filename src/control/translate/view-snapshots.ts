// Snapshots for views: what a client of one namespace and address is told of a mesh.
import type { ListenerSpec } from '../../model/listener-spec.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { InterceptedParts } from './intercepted-parts.ts';
import { listenerOf } from './listener.ts';
import type { Mesh, MeshHosts } from './mesh.ts';
import type { HostView, NamedHost } from './named-host.ts';
import { NamespacePortRoutes } from './namespace-port-routes.ts';
import { Recent } from './recent.ts';
import { routeConfigOf } from './route-config.ts';
import { type View, viewKey } from './view.ts';

/** More views than that at once are told the right thing too, but anew each time. */
const MAX_REMEMBERED = 1_000;

const NO_NAMES: Snapshot['names'] = new Map();
const NO_LISTENERS: Snapshot['listeners'] = new Map();

/** Its connections are redirected, and it does not find out by itself where they were going. */
const needsVips = (view: View): boolean => view.interception !== undefined && view.onDemand !== true;

interface ViewListeners {
  readonly own: ListenerSpec;
  readonly vips: Snapshot['listeners'];
  readonly listeners: Snapshot['listeners'];
}

interface NamespaceRoutes {
  readonly hosts: MeshHosts;
  readonly config: RouteConfigSpec;
  readonly routes: ReadonlyMap<string, RouteConfigSpec>;
}

/** The same mesh and view give the same snapshot; a part that did not change since the last one of that view is the same object. */
export class ViewSnapshots {
  readonly #routes = new Recent<NamespaceRoutes>(MAX_REMEMBERED);
  readonly #listeners = new Recent<ViewListeners>(MAX_REMEMBERED);
  readonly #portRoutes = new NamespacePortRoutes(MAX_REMEMBERED);
  readonly #intercepted = new InterceptedParts();
  readonly #snapshots = new Recent<Snapshot>(MAX_REMEMBERED);

  snapshotOf(mesh: Mesh, view: View): Snapshot {
    const key = viewKey(view);
    const { endpoints } = mesh;
    const clusters = view.interception === undefined ? mesh.clusters : this.#intercepted.clustersOf(mesh);
    const listeners = this.#listenersOf(key, mesh, view);
    const routes = this.#routesFor(mesh, view);
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

  #listenersOf(key: string, mesh: Mesh, view: View): ReadonlyMap<string, ListenerSpec> {
    const known = this.#listeners.get(key);
    const vips = needsVips(view) ? this.#intercepted.listenersOf(mesh) : NO_LISTENERS;
    if (known?.vips === vips) return known.listeners;
    const own = known?.own ?? listenerOf(view);
    const listeners = new Map([...vips, [own.name, own] as const]);
    this.#listeners.set(key, { own, vips, listeners });
    return listeners;
  }

  #routesFor(mesh: Mesh, view: View): Snapshot['routes'] {
    if (view.onDemand === true) return this.#portRoutes.of(mesh, view.namespace);
    const proxy = this.#routesOf(mesh.hosts, view.namespace);
    return needsVips(view) ? this.#intercepted.routesOf(this.#portRoutes.of(mesh, view.namespace), proxy) : proxy;
  }

  #routesOf(hosts: MeshHosts, namespace: string): ReadonlyMap<string, RouteConfigSpec> {
    const before = this.#routes.get(namespace);
    if (before?.hosts === hosts) return before.routes;
    const views = hosts.hosts.map((host, i) => viewOf(host, hosts.namespaces[i] === namespace, namespace));
    const config = routeConfigOf(namespace, views, before?.config ?? null);
    const routes = before?.config === config ? before.routes : new Map([[config.name, config]]);
    this.#routes.set(namespace, { hosts, config, routes });
    return routes;
  }
}

function viewOf(host: NamedHost, isOwn: boolean, namespace: string): HostView {
  return isOwn ? host.own : (host.consumers.get(namespace) ?? host.foreign);
}
