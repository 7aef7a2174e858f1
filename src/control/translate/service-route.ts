// A name that callers use, and the cluster behind it: one port of a Service, or one pod of it under its own name.
import { isDeepStrictEqual } from 'node:util';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import { outboundClusterName, serviceHost } from '../../model/names.ts';
import { assignmentOf, clusterOf } from './assignment.ts';
import type { Backend } from './backend.ts';
import { type HostNames, type NamedHost, namedHost } from './named-host.ts';

export interface ServiceRoute {
  readonly cluster: ClusterSpec;
  readonly assignment: LoadAssignmentSpec;
  readonly host: NamedHost;
  /** What the host was made from, beside the cluster's name. */
  readonly answersTo: string;
}

/** By cluster name: the routes of the translation before. */
export type KnownRoutes = ReadonlyMap<string, ServiceRoute>;

/**
 * `port` is the Service port; `extra` ones lead to the same cluster. What says the same as in `known` is the same object: most changes
 * concern the endpoints alone, and the names of a host are by far the most that there is to make.
 */
export function serviceRoute(
  names: HostNames,
  port: number,
  extra: readonly number[],
  backends: readonly Backend[],
  known: KnownRoutes,
): ServiceRoute {
  const name = outboundClusterName(port, serviceHost(names.label, names.namespace, names.clusterDomain));
  const before = known.get(name);
  const ports = [port, ...extra];
  const answersTo = `${ports.join()} ${names.addresses.join()}`;
  const assignment = assignmentOf(name, backends);
  if (before === undefined)
    return { cluster: clusterOf(name), assignment, host: namedHost(names, ports, name), answersTo };
  const sameHost = before.answersTo === answersTo;
  const sameEndpoints = isDeepStrictEqual(before.assignment, assignment);
  if (sameHost && sameEndpoints) return before;
  return {
    cluster: before.cluster,
    assignment: sameEndpoints ? before.assignment : assignment,
    host: sameHost ? before.host : namedHost(names, ports, name),
    answersTo,
  };
}
