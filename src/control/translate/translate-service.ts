// One Service as clusters, endpoints and names.
import { isDeepStrictEqual } from 'node:util';
import { type Issue, warningIssue } from '../../base/result.ts';
import type { EndpointPort, Endpoints } from '../../kube/endpoint-objects.ts';
import { placeOf } from '../../kube/meta.ts';
import { renderLabels } from '../../kube/selector.ts';
import { isHeadless, type ServicePort } from '../../kube/service.ts';
import { outboundClusterName, serviceHost } from '../../model/names.ts';
import { assignmentOf, clusterOf } from './assignment.ts';
import { type Backend, mergeBackends } from './backend.ts';
import { checkEndpoints, endpointsBackends } from './endpoints-backends.ts';
import { headlessHosts } from './headless-hosts.ts';
import { namedHost } from './named-host.ts';
import { podBackends } from './pod-backends.ts';
import { type ServiceInputs, sameItems } from './service-inputs.ts';
import { type IndexedPort, routablePorts } from './service-ports.ts';
import type { ServiceRoute } from './service-route.ts';
import { checkSlices, sliceBackends } from './slice-backends.ts';
import { checkTargetPort, extraPorts } from './target-port.ts';

export interface TranslatedService {
  readonly namespace: string;
  /** By port, then (for a headless Service) by pod. */
  readonly routes: readonly ServiceRoute[];
  readonly issues: readonly Issue[];
}

/** What says the same as in `before` is the same object, the whole and each part of it. */
export function translateService(
  inputs: ServiceInputs,
  clusterDomain: string,
  before: TranslatedService | null,
): TranslatedService {
  const { metadata } = inputs.service.object;
  const { ports, issues } = routablePorts(inputs.service);
  const fresh = ports.flatMap((port) => portRoutes(inputs, port, ports, clusterDomain));
  const known = new Map(before?.routes.map((route) => [route.cluster.name, route]));
  const routes = fresh.map((route) => keepParts(known.get(route.cluster.name), route));
  const all = [...issues, ...checkInputs(inputs, ports)];
  if (before !== null && sameItems(before.routes, routes) && isDeepStrictEqual(before.issues, all)) return before;
  return { namespace: metadata.namespace, routes, issues: all };
}

function portRoutes(
  inputs: ServiceInputs,
  { port }: IndexedPort,
  ports: readonly IndexedPort[],
  clusterDomain: string,
): readonly ServiceRoute[] {
  const { service, vips } = inputs;
  const { name, namespace } = service.object.metadata;
  const backends = mergeBackends(backendsOf(inputs, port));
  const declared = ports.map((one) => one.port.port);
  const context = { service: service.object, port, declared, clusterDomain };
  const headless = isHeadless(service.object);
  const names = { label: name, namespace, clusterDomain, addresses: vips };
  const cluster = outboundClusterName(port.port, serviceHost(name, namespace, clusterDomain));
  const extra = headless ? extraPorts(backends, port, declared) : [];
  const own: ServiceRoute = {
    cluster: clusterOf(cluster),
    assignment: assignmentOf(cluster, backends),
    host: namedHost(names, [port.port, ...extra], cluster),
  };
  return headless ? [own, ...headlessHosts(context, backends)] : [own];
}

function backendsOf(inputs: ServiceInputs, port: ServicePort): readonly Backend[] {
  const service = inputs.service.object;
  if (inputs.slices.length > 0) return sliceBackends(service, port, inputs.slices);
  if (inputs.endpoints !== null) return endpointsBackends(service, port, inputs.endpoints.object);
  return podBackends(inputs, port);
}

function checkInputs(inputs: ServiceInputs, ports: readonly IndexedPort[]): readonly Issue[] {
  if (inputs.slices.length > 0) return [...checkSlices(inputs.slices), ...checkPortNames(inputs, ports)];
  if (inputs.endpoints !== null) return [...checkEndpoints(inputs.endpoints), ...checkPortNames(inputs, ports)];
  if (!inputs.selects) return [];
  if (inputs.pods.length + inputs.workloads.length === 0) return [noPodIssue(inputs)];
  return ports.flatMap(({ port, index }) => checkTargetPort(inputs, port, index) ?? []);
}

/** Endpoints belong to the port of the same name. (A controller writes none while it knows of no pod.) */
function checkPortNames(
  { service, slices, endpoints }: ServiceInputs,
  ports: readonly IndexedPort[],
): readonly Issue[] {
  const written = slices.length > 0 ? slices.flatMap(({ object }) => object.ports) : portsOf(endpoints?.object);
  if (written.length === 0) return [];
  const kind = slices.length > 0 ? 'EndpointSlices' : 'Endpoints';
  return ports.flatMap(({ port, index }) => {
    const name = port.name ?? '';
    if (written.some((one) => one.name === name && one.protocol === 'TCP')) return [];
    const what = name === '' ? 'a port without a name' : `a port named "${name}"`;
    const message = `its ${kind} have no TCP port for it: ${what}; so it has no endpoints`;
    return [warningIssue(message, { ...placeOf(service, `spec.ports[${index}]`), remedy: 'give both the same name' })];
  });
}

function portsOf(endpoints: Endpoints | undefined): readonly EndpointPort[] {
  return endpoints?.subsets.flatMap((subset) => subset.ports) ?? [];
}

function noPodIssue({ service, nearMiss }: ServiceInputs): Issue {
  const selector = renderLabels(service.object.spec.selector ?? {});
  const remedy = nearMiss === null ? 'give the labels to the template of a workload' : `did you mean ${nearMiss}?`;
  const message = `the selector ${selector} matches no pod of its namespace, so the Service has no endpoints`;
  return warningIssue(message, { ...placeOf(service, 'spec.selector'), remedy });
}

function keepParts(before: ServiceRoute | undefined, fresh: ServiceRoute): ServiceRoute {
  if (before === undefined) return fresh;
  const route = {
    cluster: keep(before.cluster, fresh.cluster),
    assignment: keep(before.assignment, fresh.assignment),
    host: keep(before.host, fresh.host),
  };
  const same = route.cluster === before.cluster && route.assignment === before.assignment && route.host === before.host;
  return same ? before : route;
}

function keep<T>(before: T, fresh: T): T {
  return isDeepStrictEqual(before, fresh) ? before : fresh;
}
