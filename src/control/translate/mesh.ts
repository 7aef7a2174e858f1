// All Services together: their clusters, endpoints and names, before anybody looks at them from a namespace.
import type { Issue } from '../../base/result.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { NamedHost } from './named-host.ts';
import { sameItems } from './service-inputs.ts';
import type { TranslatedService } from './translate-service.ts';

/** Immutable. A part that is the same as in the mesh before is the same object. */
export interface Mesh {
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
  readonly endpoints: ReadonlyMap<string, LoadAssignmentSpec>;
  readonly hosts: MeshHosts;
  readonly issues: readonly Issue[];
  /** What all of it was made from. */
  readonly services: readonly TranslatedService[];
}

/** By namespace and name of their Services. */
export interface MeshHosts {
  readonly namespaces: readonly string[];
  /** One for each of `namespaces`. */
  readonly hosts: readonly NamedHost[];
}

export const EMPTY_MESH: Mesh = {
  clusters: new Map(),
  endpoints: new Map(),
  hosts: { namespaces: [], hosts: [] },
  issues: [],
  services: [],
};

/** `services` by namespace and name; `issues` are those between them. */
export function joinServices(services: readonly TranslatedService[], issues: readonly Issue[], before: Mesh): Mesh {
  const clusters = new Map<string, ClusterSpec>();
  const endpoints = new Map<string, LoadAssignmentSpec>();
  const namespaces: string[] = [];
  const hosts: NamedHost[] = [];
  for (const { namespace, routes } of services) {
    for (const { cluster, assignment, host } of routes) {
      clusters.set(cluster.name, cluster);
      endpoints.set(assignment.name, assignment);
      namespaces.push(namespace);
      hosts.push(host);
    }
  }
  return {
    clusters: sameMap(before.clusters, clusters) ? before.clusters : clusters,
    endpoints: sameMap(before.endpoints, endpoints) ? before.endpoints : endpoints,
    hosts: sameItems(before.hosts.hosts, hosts) ? before.hosts : { namespaces, hosts },
    issues: [...issues, ...services.flatMap((service) => service.issues)],
    services,
  };
}

function sameMap<V>(left: ReadonlyMap<string, V>, right: ReadonlyMap<string, V>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of right) if (left.get(key) !== value) return false;
  return true;
}
