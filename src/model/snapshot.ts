// A whole configuration at one moment, and the check that it hangs together.
import { errorIssue, type Issue } from '../base/result.ts';
import type { ClusterSpec } from './cluster-spec.ts';
import type { LoadAssignmentSpec } from './endpoint-spec.ts';
import { httpManagersOf, type ListenerSpec, tcpClustersOf } from './listener-spec.ts';
import { outboundClusterName } from './names.ts';
import { clustersOf, type RouteConfigSpec } from './route-spec.ts';
import type { ServiceNameSpec } from './service-name-spec.ts';

/**
 * Everything that one kind of client (a view) may be told, by name. Immutable; a spec that did not change is the same object as in the
 * snapshot before, so that what was derived from it can be kept.
 */
export interface Snapshot {
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
  readonly endpoints: ReadonlyMap<string, LoadAssignmentSpec>;
  readonly listeners: ReadonlyMap<string, ListenerSpec>;
  readonly routes: ReadonlyMap<string, RouteConfigSpec>;
  /** For sidecars that ask for what is dialled; the others get all of it as routes. */
  readonly names: ReadonlyMap<string, ServiceNameSpec>;
}

export const EMPTY_SNAPSHOT: Snapshot = {
  clusters: new Map(),
  endpoints: new Map(),
  listeners: new Map(),
  routes: new Map(),
  names: new Map(),
};

/** Every reference that leads nowhere and every domain that two virtual hosts claim; empty = consistent. */
export function checkConsistent(snapshot: Snapshot): readonly Issue[] {
  return [
    ...danglingListeners(snapshot),
    ...danglingRoutes(snapshot),
    ...danglingEndpoints(snapshot),
    ...danglingNames(snapshot),
  ];
}

function danglingListeners(snapshot: Snapshot): Issue[] {
  const issues: Issue[] = [];
  for (const listener of snapshot.listeners.values()) {
    for (const { routes } of httpManagersOf(listener)) {
      if (routes.kind !== 'rds' || snapshot.routes.has(routes.name)) continue;
      issues.push(
        errorIssue(`listener "${listener.name}" names the route configuration "${routes.name}", which is not there`),
      );
    }
    for (const cluster of tcpClustersOf(listener)) {
      if (snapshot.clusters.has(cluster)) continue;
      issues.push(errorIssue(`listener "${listener.name}" names the cluster "${cluster}", which is not there`));
    }
  }
  return issues;
}

function danglingRoutes(snapshot: Snapshot): Issue[] {
  const issues: Issue[] = [];
  for (const config of snapshot.routes.values()) {
    const owners = new Map<string, string>();
    for (const host of config.virtualHosts) {
      for (const domain of host.domains) {
        const owner = owners.get(domain);
        if (owner === undefined) owners.set(domain, host.name);
        else
          issues.push(errorIssue(`domain "${domain}" of "${config.name}" belongs to "${owner}" and to "${host.name}"`));
      }
      for (const route of host.routes) {
        for (const cluster of clustersOf(route)) {
          if (snapshot.clusters.has(cluster)) continue;
          const where = `route "${route.name}" of virtual host "${host.name}"`;
          issues.push(errorIssue(`${where} names the cluster "${cluster}", which is not there`));
        }
      }
    }
  }
  return issues;
}

function danglingEndpoints(snapshot: Snapshot): Issue[] {
  const issues: Issue[] = [];
  for (const cluster of snapshot.clusters.values()) {
    const discovery = cluster.discovery;
    if (discovery.kind === 'eds' && !snapshot.endpoints.has(discovery.serviceName)) {
      issues.push(
        errorIssue(
          `cluster "${cluster.name}" names the load assignment "${discovery.serviceName}", which is not there`,
        ),
      );
    }
  }
  return issues;
}

function danglingNames({ names, clusters }: Snapshot): Issue[] {
  const issues: Issue[] = [];
  for (const { name, ports } of names.values()) {
    for (const { servicePort } of ports) {
      if (clusters.has(outboundClusterName(servicePort, name))) continue;
      issues.push(errorIssue(`port ${servicePort} of the name "${name}" has no cluster`));
    }
  }
  return issues;
}
