// A name that callers use, and the cluster behind it: one port of a Service, or one pod of it under its own name.
import { isDeepStrictEqual } from 'node:util';
import type { ServicePort } from '../../kube/service.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import { outboundClusterName, serviceHost } from '../../model/names.ts';
import type { RouteConfigSpec } from '../../model/route-spec.ts';
import { assignmentOf, clusterOf } from './assignment.ts';
import type { Backend } from './backend.ts';
import { type PortRules, portRules } from './gateway/port-rules.ts';
import type { TranslatedRoute } from './gateway/translate-route.ts';
import { EVERYBODY, type HostNames, type NamedHost, namedHost, type RoutesByCaller } from './named-host.ts';
import { defaultRoutes, type ServiceAction, serviceAction } from './service-action.ts';
import { filterOverrides, ownFilterOverrides, type ServiceFilters } from './service-filters.ts';
import { protocolOf } from './service-protocol.ts';
import type { ServiceTraffic } from './service-traffic.ts';

export interface ServiceRoute {
  readonly cluster: ClusterSpec;
  readonly assignment: LoadAssignmentSpec;
  readonly host: NamedHost;
  /** The same routes under no name at all: for sidecars that know what an authority means. */
  readonly config: RouteConfigSpec;
  /** What stands in its place for callers of some namespaces. */
  readonly consumerConfigs: ReadonlyMap<string, RouteConfigSpec>;
  readonly answersTo: AnswersTo;
}

/** What a host is made from, beside the cluster's name. */
export interface AnswersTo {
  /** Full name. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** The Service port first; those behind it lead to the same cluster. */
  readonly ports: readonly number[];
  /** What its routes say beside where they lead. */
  readonly action: ServiceAction;
  /** What routes of Gateway API make of it; absent = none is attached. */
  readonly rules?: PortRules;
  /** Absent = HTTP filters do nothing. */
  readonly filters?: ServiceFilters;
}

/** By cluster name: the routes of the translation before. */
export type KnownRoutes = ReadonlyMap<string, ServiceRoute>;

/** Where a name leads. */
export interface RouteTarget {
  /** The Service port. */
  readonly port: ServicePort;
  /** Further ports that lead to the same cluster. */
  readonly extra: readonly number[];
  readonly backends: readonly Backend[];
  readonly traffic: ServiceTraffic;
  /** Whoever asks for that. */
  readonly keepsSessions: boolean;
  /** Of Gateway API, that are attached to the Service. */
  readonly routes: readonly TranslatedRoute[];
}

/**
 * What says the same as in `known` is the same object: most changes concern the endpoints alone, and the names of a host are by far the most
 * that there is to make.
 */
export function serviceRoute(names: HostNames, target: RouteTarget, known: KnownRoutes): ServiceRoute {
  const { port, extra, backends, traffic, keepsSessions, routes } = target;
  const fullName = serviceHost(names.label, names.namespace, names.clusterDomain);
  const name = outboundClusterName(port.port, fullName);
  const before = known.get(name);
  const action = serviceAction(traffic);
  const { label: service, namespace } = names;
  const rules = portRules(routes, { namespace, service, port: port.port, cluster: name, action });
  const base = { name: fullName, addresses: names.addresses, ports: [port.port, ...extra], action };
  const answersTo: AnswersTo = {
    ...base,
    ...(rules === null ? {} : { rules }),
    ...(traffic.filters === undefined ? {} : { filters: traffic.filters }),
  };
  const assignment = assignmentOf(name, backends, traffic);
  const cluster = clusterOf(name, protocolOf(port), traffic, keepsSessions);
  const sameCluster = before !== undefined && isDeepStrictEqual(before.cluster, cluster);
  const sameHost = before !== undefined && isDeepStrictEqual(before.answersTo, answersTo);
  const sameEndpoints = before !== undefined && isDeepStrictEqual(before.assignment, assignment);
  if (sameHost && sameEndpoints && sameCluster) return before;
  return {
    cluster: sameCluster ? before.cluster : cluster,
    assignment: sameEndpoints ? before.assignment : assignment,
    ...(sameHost ? hostPartOf(before) : makeHost(names, answersTo, name)),
  };
}

type HostPart = Omit<ServiceRoute, 'cluster' | 'assignment'>;

function hostPartOf({ host, config, consumerConfigs, answersTo }: ServiceRoute): HostPart {
  return { host, config, consumerConfigs, answersTo };
}

function makeHost(names: HostNames, answersTo: AnswersTo, cluster: string): HostPart {
  const routes = routesByCaller(answersTo, cluster);
  const { filters = {} } = answersTo;
  const host = namedHost(names, answersTo.ports, routes, filterOverrides(filters));
  const own = ownFilterOverrides(filters);
  const said = own === undefined ? {} : { filters: own };
  const { name } = host.foreign.spec;
  const configs = Array.from(routes, ([namespace, list]): [string, RouteConfigSpec] => [
    namespace,
    { name, virtualHosts: [{ name, domains: ['*'], routes: list, ...said }] },
  ]);
  const [[, config] = ['', { name, virtualHosts: [] }], ...consumers] = configs;
  return { host, config, consumerConfigs: new Map(consumers), answersTo };
}

/** Everybody first. */
function routesByCaller({ action, rules }: AnswersTo, cluster: string): RoutesByCaller {
  const everybody = rules?.everybody ?? defaultRoutes(cluster, action);
  return new Map([[EVERYBODY, everybody] as const, ...Object.entries(rules?.consumers ?? {})]);
}
