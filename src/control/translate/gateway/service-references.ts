// Services that a route or a policy refers to as the places where requests go: found and permitted, or why not.
import { type BackendObject, isService } from '../../../kube/backend-object.ts';
import type { Located } from '../../../kube/meta.ts';
import type { ReferenceGrant } from '../../../kube/reference-grant.ts';
import type { Service, ServicePort } from '../../../kube/service.ts';
import { outboundClusterName, serviceHost } from '../../../model/names.ts';
import { routablePorts } from '../service-ports.ts';
import { protocolOf } from '../service-protocol.ts';
import type { Problem, ProblemReason } from './problem.ts';
import { missingRemedy, type RouteInputs, serviceKey } from './route-inputs.ts';

/** Who refers to them, and what is known of those. */
export interface Referrer {
  /** As a ReferenceGrant names it. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  /** In sentences. */
  readonly plural: 'routes' | 'policies';
  /** Other namespaces that need not agree. */
  readonly trusted: readonly string[];
  /** Those that it names, as far as there are such, by `serviceKey`. */
  readonly services: ReadonlyMap<string, Located<Service>>;
  /** What may have been meant by those that there are not, by the same; absent = nobody has looked. */
  readonly near?: ReadonlyMap<string, string>;
  /** Those of the namespaces that it names. */
  readonly grants: readonly Located<ReferenceGrant>[];
}

export interface FoundService {
  readonly cluster: string;
  readonly service: Located<Service>;
  readonly port: ServicePort;
}

const GROUP = 'gateway.networking.k8s.io';

/** Callers of a parent are in touch with its namespace anyway. */
export function routeReferrer({ route, services, near, grants }: RouteInputs): Referrer {
  const { kind, metadata, spec } = route.object;
  const trusted = spec.parentRefs.flatMap((parent) => (isService(parent) ? (parent.namespace ?? []) : []));
  return { group: GROUP, kind, namespace: metadata.namespace, plural: 'routes', trusted, services, near, grants };
}

/** Its cluster, or why it cannot be used. */
export function findService(
  referrer: Referrer,
  ref: BackendObject,
  path: string,
  clusterDomain: string,
): FoundService | Problem {
  const { namespace: own, plural } = referrer;
  const { name, port = 0, namespace = own } = ref;
  const none = (reason: ProblemReason, message: string, remedy: string): Problem => {
    return { reason, path, message, remedy };
  };
  if (!isService(ref)) {
    const what = ref.group === '' ? ref.kind : `${ref.kind} (${ref.group})`;
    return none('InvalidKind', `${what} is no backend that is known here`, 'name a Service');
  }
  if (!isPermitted(referrer, namespace, name)) {
    const message = `namespace "${namespace}" does not let ${plural} of "${own}" refer to its Service "${name}"`;
    return none('RefNotPermitted', message, `add a ReferenceGrant to "${namespace}"`);
  }
  const key = serviceKey(namespace, name);
  const service = referrer.services.get(key);
  if (service === undefined) {
    const message = `there is no Service "${name}" in namespace "${namespace}"`;
    return none('BackendNotFound', message, missingRemedy(referrer.near?.get(key)));
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

function isPermitted(referrer: Referrer, namespace: string, name: string): boolean {
  if (namespace === referrer.namespace || referrer.trusted.includes(namespace)) return true;
  return referrer.grants.some(({ object }) => {
    if (object.metadata.namespace !== namespace) return false;
    const { from, to } = object.spec;
    return (
      from.some(
        ({ group, kind, namespace: theirs }) =>
          group === referrer.group && kind === referrer.kind && theirs === referrer.namespace,
      ) && to.some((one) => isService(one) && (one.name === undefined || one.name === name))
    );
  });
}
