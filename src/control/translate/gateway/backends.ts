// Where the rules of a route send requests: clusters of Services, and the share that goes nowhere because its backend cannot be used.
import { type BackendObject, isService } from '../../../kube/backend-object.ts';
import type { Located } from '../../../kube/meta.ts';
import type { BackendReference } from '../../../kube/route-refs.ts';
import type { Service, ServicePort } from '../../../kube/service.ts';
import type { HeaderChangesSpec } from '../../../model/header-changes-spec.ts';
import { outboundClusterName, serviceHost } from '../../../model/names.ts';
import { policedTraffic } from '../../policy/policed-traffic.ts';
import { type ServiceAction, serviceAction } from '../service-action.ts';
import { routablePorts } from '../service-ports.ts';
import { protocolOf } from '../service-protocol.ts';
import { headerChanges } from './header-modifiers.ts';
import type { Problem, ProblemReason } from './problem.ts';
import { type RouteInputs, serviceKey } from './route-inputs.ts';

export interface RouteBackend {
  readonly cluster: string;
  /** > 0. */
  readonly weight: number;
  /** What is changed for this backend alone. */
  readonly headers?: HeaderChangesSpec;
  /** What keeps requests of one caller together, as the Service or its TrafficPolicies say it. */
  readonly affinity: Pick<ServiceAction, 'hashPolicies' | 'session'>;
}

export interface RouteBackends {
  readonly usable: readonly RouteBackend[];
  /** Weight of those that are not. */
  readonly failedWeight: number;
  readonly problems: readonly Problem[];
}

interface FoundBackend {
  readonly cluster: string;
  readonly service: Located<Service>;
  readonly port: ServicePort;
}

type Found = FoundBackend | Problem;

export function translateBackends(
  inputs: RouteInputs,
  refs: readonly BackendReference[],
  path: string,
  clusterDomain: string,
): RouteBackends {
  const usable: RouteBackend[] = [];
  const problems: Problem[] = [];
  let failedWeight = 0;
  for (const [index, ref] of refs.entries()) {
    const at = `${path}.backendRefs[${index}]`;
    const found = findBackend(inputs, ref, at, clusterDomain);
    const { headers, problems: own } = headerChanges(ref.filters, `${at}.filters`, [], 'for one backend alone');
    if (!('cluster' in found)) problems.push(found);
    problems.push(...own);
    if (!('cluster' in found) || own.length > 0) failedWeight += ref.weight;
    else if (ref.weight > 0) {
      const changes = headers === null ? {} : { headers };
      usable.push({ cluster: found.cluster, weight: ref.weight, ...changes, affinity: affinityOf(inputs, found) });
    }
  }
  return { usable, failedWeight, problems };
}

function affinityOf({ policies }: RouteInputs, { service, port }: FoundBackend): RouteBackend['affinity'] {
  const { namespace, name } = service.object.metadata;
  const traffic = policedTraffic(service, policies.get(serviceKey(namespace, name)) ?? []).trafficOf(port);
  const { hashPolicies, session } = serviceAction(traffic);
  return { ...(hashPolicies === undefined ? {} : { hashPolicies }), ...(session === undefined ? {} : { session }) };
}

/** Its cluster, or why it cannot be used. */
export function findBackend(inputs: RouteInputs, ref: BackendObject, path: string, clusterDomain: string): Found {
  const own = inputs.route.object.metadata.namespace;
  const { name, port = 0, namespace = own } = ref;
  const none = (reason: ProblemReason, message: string, remedy: string): Problem => {
    return { reason, path, message, remedy };
  };
  if (!isService(ref)) {
    const what = ref.group === '' ? ref.kind : `${ref.kind} (${ref.group})`;
    return none('InvalidKind', `${what} is no backend that is known here`, 'name a Service');
  }
  if (!isPermitted(inputs, namespace, name)) {
    const message = `namespace "${namespace}" does not let routes of "${own}" refer to its Service "${name}"`;
    return none('RefNotPermitted', message, `add a ReferenceGrant to "${namespace}"`);
  }
  const service = inputs.services.get(serviceKey(namespace, name));
  if (service === undefined) {
    const message = `there is no Service "${name}" in namespace "${namespace}"`;
    return none('BackendNotFound', message, 'name a Service that there is');
  }
  const ports = routablePorts(service).ports.map((one) => one.port);
  const found = ports.find((one) => one.port === port);
  if (found === undefined) {
    const numbers = ports.map((one) => one.port).join(', ');
    const remedy = numbers === '' ? 'name another Service' : `name one of ${numbers}`;
    return none('BackendNotFound', `Service "${name}" has no TCP port ${port}`, remedy);
  }
  if (protocolOf(found).appProtocol === 'tcp') {
    const said = found.appProtocol ?? found.name ?? '';
    const message = `port ${port} of Service "${name}" says that it speaks ${said}, which no request can be sent to`;
    return none('UnsupportedProtocol', message, 'name a port that speaks HTTP');
  }
  return { service, port: found, cluster: outboundClusterName(port, serviceHost(name, namespace, clusterDomain)) };
}

/** Callers of a parent are in touch with its namespace anyway; any other has to agree. */
function isPermitted({ route, grants }: RouteInputs, namespace: string, name: string): boolean {
  const { kind, metadata, spec } = route.object;
  if (namespace === metadata.namespace) return true;
  if (spec.parentRefs.some((parent) => isService(parent) && parent.namespace === namespace)) return true;
  return grants.some(({ object }) => {
    if (object.metadata.namespace !== namespace) return false;
    const { from, to } = object.spec;
    return (
      from.some((one) => one.group === GROUP && one.kind === kind && one.namespace === metadata.namespace) &&
      to.some((one) => isService(one) && (one.name === undefined || one.name === name))
    );
  });
}

const GROUP = 'gateway.networking.k8s.io';
