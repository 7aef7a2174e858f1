// One Service as clusters, endpoints and names.
import { isDeepStrictEqual } from 'node:util';
import { type Issue, warningIssue } from '../../base/result.ts';
import type { EndpointPort, Endpoints } from '../../kube/endpoint-objects.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import { renderLabels } from '../../kube/selector.ts';
import { isHeadless, type Service, type ServicePort } from '../../kube/service.ts';
import { outboundClusterName, serviceHost } from '../../model/names.ts';
import type { ServiceNameSpec } from '../../model/service-name-spec.ts';
import type { Attachment } from '../policy/attachments.ts';
import { type PolicedTraffic, policedTraffic } from '../policy/policed-traffic.ts';
import { type Backend, mergeBackends } from './backend.ts';
import { checkEndpoints, endpointsBackends } from './endpoints-backends.ts';
import { headlessRoutes, MAX_NAMED_PODS } from './headless-routes.ts';
import { markLeaving } from './leaving-pods.ts';
import { podBackends } from './pod-backends.ts';
import { type ServiceInputs, sameItems } from './service-inputs.ts';
import { serviceNames } from './service-names.ts';
import { type IndexedPort, routablePorts } from './service-ports.ts';
import { type KnownRoutes, type ServiceRoute, serviceRoute } from './service-route.ts';
import { withHints } from './service-traffic.ts';
import { checkSlices, sliceBackends } from './slice-backends.ts';
import { checkTargetPort, extraPorts } from './target-port.ts';

export interface TranslatedService {
  /** What it was made from, with its place. */
  readonly service: Located<Service>;
  /** Those that name the Service, in no order, and what became of each. */
  readonly policies: ServiceInputs['policies'];
  readonly attachments: readonly Attachment[];
  readonly namespace: string;
  /** By port, then (for a headless Service) by pod. */
  readonly routes: readonly ServiceRoute[];
  readonly names: readonly ServiceNameSpec[];
  readonly issues: readonly Issue[];
}

/** What says the same as in `before` is the same object, the whole and each part of it. */
export function translateService(
  inputs: ServiceInputs,
  clusterDomain: string,
  before: TranslatedService | null,
): TranslatedService {
  const { ports, issues } = routablePorts(inputs.service);
  const known: KnownRoutes = new Map(before?.routes.map((route) => [route.cluster.name, route]));
  const policed = policedTraffic(inputs.service, inputs.policies, { references: inputs.references, clusterDomain });
  const context = { inputs, ports, policed, clusterDomain, known };
  const routes = ports.flatMap(({ port }) => portRoutes(context, port));
  const all = [...issues, ...policed.issues, ...checkInputs(inputs, ports)];
  const same = before !== null && sameItems(before.routes, routes) && isDeepStrictEqual(before.issues, all);
  const { service, policies } = inputs;
  if (same && before.service === service && sameItems(before.policies, policies)) return before;
  const names = namesOf(routes, before);
  const { attachments } = policed;
  const { namespace } = service.object.metadata;
  return { service, policies, attachments, namespace, routes, names, issues: all };
}

/** Most changes concern the endpoints alone. */
function namesOf(routes: readonly ServiceRoute[], before: TranslatedService | null): readonly ServiceNameSpec[] {
  if (before === null) return serviceNames(routes, []);
  const same = sameItems(before.routes.map(hostOf), routes.map(hostOf));
  return same ? before.names : serviceNames(routes, before.names);
}

const hostOf = ({ host }: ServiceRoute) => host;

interface PortContext {
  readonly inputs: ServiceInputs;
  readonly ports: readonly IndexedPort[];
  readonly policed: PolicedTraffic;
  readonly clusterDomain: string;
  readonly known: KnownRoutes;
}

function portRoutes(context: PortContext, port: ServicePort): readonly ServiceRoute[] {
  const { inputs, ports, clusterDomain, known } = context;
  const service = inputs.service.object;
  const { name, namespace } = service.metadata;
  const merged = mergeBackends(backendsOf(inputs, port));
  const traffic = withHints(context.policed.trafficOf(port), merged);
  const cluster = outboundClusterName(port.port, serviceHost(name, namespace, clusterDomain));
  const keepsSessions = traffic.session !== undefined || inputs.sessions.includes(cluster);
  // Where nobody keeps sessions, the rollout of others is no news.
  const backends = keepsSessions ? markLeaving(merged, inputs.pods) : merged;
  const names = { label: name, namespace, clusterDomain, addresses: inputs.vips };
  const told = { port, backends, traffic, keepsSessions };
  if (!isHeadless(service)) return [serviceRoute(names, { ...told, extra: [], routes: inputs.routes }, known)];
  const declared = ports.map((one) => one.port.port);
  const extra = extraPorts(backends, port, declared);
  const own = serviceRoute(names, { ...told, extra, routes: [] }, known);
  return [own, ...headlessRoutes({ service, port, declared, traffic, clusterDomain, known }, merged)];
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
  return [...checkPodNames(inputs), ...ports.flatMap(({ port, index }) => checkTargetPort(inputs, port, index) ?? [])];
}

function checkPodNames({ service, pods }: ServiceInputs): readonly Issue[] {
  if (!isHeadless(service.object) || pods.length <= MAX_NAMED_PODS) return [];
  const message = `has ${pods.length} pods: only ${MAX_NAMED_PODS} of them get names of their own`;
  return [warningIssue(message, { ...placeOf(service, 'spec.clusterIP'), remedy: 'split it into several Services' })];
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
