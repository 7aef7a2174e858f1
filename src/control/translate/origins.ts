// From a resource back to the object and the line that it was made from.
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import { outboundClusterName } from '../../model/names.ts';
import type { ResourceOrigin } from '../../model/resource-origin.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Mesh } from './mesh.ts';
import type { ServiceRoute } from './service-route.ts';

/** A refusal of a route configuration names at most this many of its virtual hosts. */
const MAX_ORIGINS = 5;

interface Entry {
  readonly service: Located<Service>;
  readonly route: ServiceRoute;
}

/** Made at the first question about a mesh: refusals are rare. */
export class Origins {
  readonly #entries = new WeakMap<Mesh, ReadonlyMap<string, Entry>>();

  /**
   * What `name` was made from; empty where no object stands behind it, as for the listener of a sidecar. Of a route configuration, which is
   * made from every Service, those whose virtual hosts the `reason` of a refusal names.
   */
  of(mesh: Mesh, family: keyof Snapshot, name: string, reason: string): readonly ResourceOrigin[] {
    const entries = this.#entriesOf(mesh);
    const own = entries.get(name);
    if (own !== undefined) return [originOf(own)];
    if (family !== 'routes') return [];
    const meant = [...new Set(entries.values())].filter(({ route }) => reason.includes(route.host.foreign.spec.name));
    return meant.slice(0, MAX_ORIGINS).map(originOf);
  }

  /** By name of the cluster, which is also that of its endpoints and of the routes of gRPC clients; by that of its routes; and by its host. */
  #entriesOf(mesh: Mesh): ReadonlyMap<string, Entry> {
    const known = this.#entries.get(mesh);
    if (known !== undefined) return known;
    const entries = new Map<string, Entry>();
    for (const { service, routes } of mesh.services) {
      for (const route of routes) {
        const entry = { service, route };
        entries.set(route.cluster.name, entry).set(route.config.name, entry);
        if (!entries.has(route.answersTo.name)) entries.set(route.answersTo.name, entry);
      }
    }
    this.#entries.set(mesh, entries);
    return entries;
  }
}

/** The line of the port, where that can be told. */
function originOf({ service, route }: Entry): ResourceOrigin {
  const { kind, metadata, spec } = service.object;
  const index = spec.ports.findIndex(({ port }) => route.cluster.name.startsWith(outboundClusterName(port, '')));
  const { source = '', line } = placeOf(service, index < 0 ? 'spec' : `spec.ports[${index}]`);
  return { kind, namespace: metadata.namespace, name: metadata.name, source, ...(line === undefined ? {} : { line }) };
}
