// Which port of a pod a Service port means, and what is wrong where it means none.
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import type { Container, ContainerPort } from '../../kube/container.ts';
import { placeOf } from '../../kube/meta.ts';
import type { PodSpec } from '../../kube/pod.ts';
import type { ServicePort } from '../../kube/service.ts';
import type { Backend } from './backend.ts';
import type { ServiceInputs } from './service-inputs.ts';

/** Null: no container of this pod has a port of that name. Source: FindPort of Kubernetes' pod utilities. */
export function resolveTargetPort(servicePort: ServicePort, spec: PodSpec): number | null {
  const target = servicePort.targetPort ?? servicePort.port;
  if (typeof target === 'number') return target;
  const named = tcpPorts(spec).find((port) => port.name === target);
  return named?.containerPort ?? null;
}

/**
 * The ports beside its own that lead to a port of a headless Service: without a mesh such a name leads to the pods themselves, on the port
 * that they listen on, and callers that rely on it go on doing so. A port that the Service declares stays what it is.
 */
export function extraPorts(
  backends: readonly Backend[],
  servicePort: ServicePort,
  declared: readonly number[],
): readonly number[] {
  const targets = new Set(backends.map((backend) => backend.port));
  // While there is no pod, the number in the Service keeps the name alive: its callers are told that, and not that it is unknown.
  if (targets.size === 0 && typeof servicePort.targetPort === 'number') targets.add(servicePort.targetPort);
  const [only] = targets;
  return targets.size !== 1 || only === undefined || declared.includes(only) ? [] : [only];
}

/** Compares a port with what the containers declare, of Pods that are there and of Pods that workloads will make. */
export function checkTargetPort(inputs: ServiceInputs, servicePort: ServicePort, index: number): Issue | null {
  const specs = [
    ...inputs.workloads.map(({ object }) => object.spec.template.spec),
    ...inputs.pods.map(({ object }) => object.spec),
  ];
  const target = servicePort.targetPort ?? servicePort.port;
  const matches = (port: ContainerPort) => (typeof target === 'number' ? port.containerPort : port.name) === target;
  if (specs.length === 0 || specs.some((spec) => tcpPorts(spec).some(matches))) return null;
  const field = servicePort.targetPort === undefined ? 'port' : 'targetPort';
  const place = placeOf(inputs.service, `spec.ports[${index}].${field}`);
  const declared = declaredPorts(specs);
  if (typeof target === 'number') {
    const message = `no container of its pods declares port ${target} (${declared})`;
    return warningIssue(message, { ...place, remedy: 'check the number, or add it to the ports of the container' });
  }
  const message = `no container of its pods has a port named "${target}" (${declared}), so this port has no endpoints`;
  return errorIssue(message, { ...place, remedy: 'write the name of a container port, or a number' });
}

const SHOWN = 5;

function declaredPorts(specs: readonly PodSpec[]): string {
  const texts = specs.flatMap(tcpPorts).map(({ name, containerPort }) => `${name ?? ''} ${containerPort}`.trim());
  const distinct = [...new Set(texts)];
  if (distinct.length === 0) return 'they declare none';
  const more = distinct.length > SHOWN ? ', …' : '';
  return `they declare ${distinct.slice(0, SHOWN).join(', ')}${more}`;
}

function tcpPorts(spec: PodSpec): readonly ContainerPort[] {
  // Init containers that never end are sidecars and serve as long as the pod does.
  const sidecars = spec.initContainers.filter((container) => container.restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap(({ ports }: Container) =>
    ports.filter((port) => port.protocol === 'TCP'),
  );
}
