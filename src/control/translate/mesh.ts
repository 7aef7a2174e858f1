// All Services together: their clusters, endpoints and names, before anybody looks at them from a namespace.
import type { Issue } from '../../base/result.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import type { ServiceNameSpec } from '../../model/service-name-spec.ts';
import type { DanglingTarget } from '../policy/policy-index.ts';
import type { TranslatedRoute } from './gateway/translate-route.ts';
import type { NamedHost } from './named-host.ts';
import { sameItems } from './service-inputs.ts';
import type { ServiceRoute } from './service-route.ts';
import type { TranslatedService } from './translate-service.ts';

/** Immutable. A part that is the same as in the mesh before is the same object. */
export interface Mesh {
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
  readonly endpoints: ReadonlyMap<string, LoadAssignmentSpec>;
  readonly hosts: MeshHosts;
  /** For sidecars that ask for what is dialled: names, and the routes of each Service port, the same for every namespace. */
  readonly names: ReadonlyMap<string, ServiceNameSpec>;
  readonly portRoutes: ReadonlyMap<string, RouteConfigSpec>;
  /** What stands in the place of some of these for callers of a namespace, by that. */
  readonly consumerRoutes: ReadonlyMap<string, ReadonlyMap<string, RouteConfigSpec>>;
  /** Those of `portRoutes` that routes of Gateway API have made, by name of their cluster. */
  readonly ruledRoutes: ReadonlyMap<string, RouteConfigSpec>;
  readonly issues: readonly Issue[];
  /** What all of it was made from. */
  readonly services: readonly TranslatedService[];
  /** Targets of TrafficPolicies that are no Services. */
  readonly dangling: readonly DanglingTarget[];
  /** Of Gateway API: for their status. */
  readonly gatewayRoutes: readonly TranslatedRoute[];
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
  names: new Map(),
  portRoutes: new Map(),
  consumerRoutes: new Map(),
  ruledRoutes: new Map(),
  issues: [],
  services: [],
  dangling: [],
  gatewayRoutes: [],
};

/** `services` by namespace and name; `issues` are those between them. */
export function joinServices(services: readonly TranslatedService[], issues: readonly Issue[], before: Mesh): Mesh {
  const all = [...issues, ...services.flatMap((service) => service.issues)];
  const endpoints = onlyEndpoints(services, before);
  return endpoints === null ? joinAll(services, all, before) : { ...before, endpoints, issues: all, services };
}

/** Most changes are of endpoints: nothing else has to be made again. Null where something else changed, too. */
function onlyEndpoints(services: readonly TranslatedService[], before: Mesh): Mesh['endpoints'] | null {
  if (services.length !== before.services.length) return null;
  const changed: ServiceRoute[] = [];
  for (const [index, { routes }] of services.entries()) {
    const old = before.services[index]?.routes;
    if (old === routes) continue;
    if (old?.length !== routes.length) return null;
    for (const [at, route] of routes.entries()) {
      const last = old[at];
      if (last === route) continue;
      if (last?.cluster !== route.cluster || last.host !== route.host) return null;
      changed.push(route);
    }
  }
  if (changed.length === 0) return before.endpoints;
  const endpoints = new Map(before.endpoints);
  for (const { assignment } of changed) endpoints.set(assignment.name, assignment);
  return endpoints;
}

function joinAll(services: readonly TranslatedService[], issues: readonly Issue[], before: Mesh): Mesh {
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
  const sameHosts = sameItems(before.hosts.hosts, hosts);
  return {
    clusters: sameMap(before.clusters, clusters) ? before.clusters : clusters,
    endpoints: sameMap(before.endpoints, endpoints) ? before.endpoints : endpoints,
    hosts: sameHosts ? before.hosts : { namespaces, hosts },
    // Both are made from the same as the hosts are.
    names: sameHosts ? before.names : byName(services.flatMap((service) => service.names)),
    portRoutes: sameHosts ? before.portRoutes : byName(services.flatMap(configsOf)),
    consumerRoutes: sameHosts ? before.consumerRoutes : consumerRoutesOf(services),
    ruledRoutes: sameHosts ? before.ruledRoutes : ruledRoutesOf(services),
    issues,
    services,
    dangling: before.dangling,
    gatewayRoutes: before.gatewayRoutes,
  };
}

function consumerRoutesOf(services: readonly TranslatedService[]): Mesh['consumerRoutes'] {
  const byNamespace = new Map<string, Map<string, RouteConfigSpec>>();
  for (const { routes } of services) {
    for (const { consumerConfigs } of routes) {
      for (const [namespace, config] of consumerConfigs) {
        const configs = byNamespace.get(namespace) ?? new Map<string, RouteConfigSpec>();
        byNamespace.set(namespace, configs.set(config.name, config));
      }
    }
  }
  return byNamespace;
}

function ruledRoutesOf(services: readonly TranslatedService[]): Mesh['ruledRoutes'] {
  const ruled = new Map<string, RouteConfigSpec>();
  for (const { routes } of services) {
    for (const { cluster, config, answersTo } of routes) {
      if (answersTo.rules !== undefined) ruled.set(cluster.name, config);
    }
  }
  return ruled;
}

function configsOf({ routes }: TranslatedService): readonly RouteConfigSpec[] {
  return routes.map(({ config }) => config);
}

function byName<Spec extends { readonly name: string }>(specs: readonly Spec[]): ReadonlyMap<string, Spec> {
  return new Map(specs.map((spec) => [spec.name, spec]));
}

function sameMap<V>(left: ReadonlyMap<string, V>, right: ReadonlyMap<string, V>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of right) if (left.get(key) !== value) return false;
  return true;
}
