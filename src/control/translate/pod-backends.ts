// Backends that a selector chooses: the part of Kubernetes' endpoints controller, for registries that have none.

import { isIP } from 'node:net';
import type { Located } from '../../kube/meta.ts';
import { isPodFinished, isPodReady, isPodTerminating, type Pod, ZONE_LABEL } from '../../kube/pod.ts';
import type { Service, ServicePort } from '../../kube/service.ts';
import type { Workload } from '../../kube/workload.ts';
import { type Family, primaryFamily } from './address-family.ts';
import { type Backend, healthOf } from './backend.ts';
import type { ServiceInputs } from './service-inputs.ts';
import { resolveTargetPort } from './target-port.ts';

const STATEFUL_POD_LABEL = 'statefulset.kubernetes.io/pod-name';

export function podBackends(inputs: ServiceInputs, servicePort: ServicePort): Backend[] {
  const service = inputs.service.object;
  const family = primaryFamily(service);
  return inputs.pods.flatMap(
    ({ object: pod }) => podBackend(pod, service, servicePort, family, inputs.workloads) ?? [],
  );
}

function podBackend(
  pod: Pod,
  service: Service,
  servicePort: ServicePort,
  family: Family,
  workloads: readonly Located<Workload>[],
): Backend | null {
  const host = podAddress(pod, family);
  const port = resolveTargetPort(servicePort, pod.spec);
  if (host === null || port === null || isPodFinished(pod)) return null;
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const { namespace, name, uid } = pod.metadata;
  return {
    host,
    port,
    health: healthOf({ ready: serving && !terminating, serving, terminating }, service.spec.publishNotReadyAddresses),
    zone: pod.metadata.labels[ZONE_LABEL] ?? '',
    node: pod.spec.nodeName ?? '',
    hostname: hostnameOf(pod, service, workloads),
    pod: { namespace, name, uid: uid ?? '' },
  };
}

/** Its address of the Service's family, else its main one; null before it has any. */
function podAddress(pod: Pod, family: Family): string | null {
  const { podIP, podIPs } = pod.status;
  const addresses = [...podIPs.map(({ ip }) => ip), ...(podIP === undefined ? [] : [podIP])];
  return (
    addresses.find((address) => isIP(address) === family) ?? addresses.find((address) => isIP(address) !== 0) ?? null
  );
}

/** As Kubernetes names pods in DNS: by `hostname` and `subdomain`, which a StatefulSet sets to its pod's name and its Service. */
function hostnameOf(pod: Pod, service: Service, workloads: readonly Located<Workload>[]): string {
  const { hostname, subdomain } = pod.spec;
  if (hostname !== undefined && subdomain === service.metadata.name) return hostname;
  const { name, labels } = pod.metadata;
  if (labels[STATEFUL_POD_LABEL] === name) return name;
  return workloads.some(({ object }) => isOrdinalOf(name, object, service)) ? name : '';
}

/** `db-0` of the StatefulSet `db` whose Service this is. */
function isOrdinalOf(pod: string, workload: Workload, service: Service): boolean {
  if (workload.kind !== 'StatefulSet' || workload.spec.serviceName !== service.metadata.name) return false;
  const prefix = `${workload.metadata.name}-`;
  return pod.startsWith(prefix) && /^[0-9]+$/.test(pod.slice(prefix.length));
}
