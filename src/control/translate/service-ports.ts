// The ports of a Service that can be routed, and what Kubernetes would refuse about the others.
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import { isHeadless, type Service, type ServicePort } from '../../kube/service.ts';

export interface IndexedPort {
  readonly port: ServicePort;
  /** In spec.ports. */
  readonly index: number;
}

export interface RoutablePorts {
  readonly ports: readonly IndexedPort[];
  readonly issues: readonly Issue[];
}

/** TCP only; of two with one number or one name the first. */
export function routablePorts(located: Located<Service>): RoutablePorts {
  const { spec } = located.object;
  if (spec.type === 'ExternalName') return { ports: [], issues: [externalNameIssue(located)] };
  const issues: Issue[] = [];
  const ports: IndexedPort[] = [];
  for (const [index, port] of spec.ports.entries()) {
    const issue = repeatIssue(located, port, index);
    if (issue !== null) issues.push(issue);
    else if (port.protocol === 'TCP') ports.push({ port, index });
  }
  return { ports, issues: [...issues, ...checkNames(located), ...checkAny(located)] };
}

function repeatIssue(located: Located<Service>, port: ServicePort, index: number): Issue | null {
  const earlier = located.object.spec.ports.slice(0, index);
  const sameNumber = earlier.findIndex((other) => other.port === port.port && other.protocol === port.protocol);
  if (sameNumber >= 0) {
    const message = `${port.protocol} port ${port.port} stands in spec.ports[${sameNumber}] already; only that one counts`;
    return errorIssue(message, { ...placeOf(located, `spec.ports[${index}].port`), remedy: 'remove one of them' });
  }
  const sameName = earlier.findIndex((other) => port.name !== undefined && other.name === port.name);
  if (sameName < 0) return null;
  const message = `the port name "${port.name}" stands in spec.ports[${sameName}] already; only that one counts`;
  return errorIssue(message, {
    ...placeOf(located, `spec.ports[${index}].name`),
    remedy: 'give each port its own name',
  });
}

function checkNames(located: Located<Service>): Issue[] {
  const { ports } = located.object.spec;
  const index = ports.findIndex((port) => port.name === undefined || port.name === '');
  if (ports.length < 2 || index < 0) return [];
  const message = `has ${ports.length} ports, and this one has no name: Kubernetes refuses that`;
  return [errorIssue(message, { ...placeOf(located, `spec.ports[${index}]`), remedy: 'give each port a name' })];
}

function checkAny(located: Located<Service>): Issue[] {
  if (located.object.spec.ports.length > 0 || isHeadless(located.object)) return [];
  return [errorIssue('the Service has no ports', { ...placeOf(located, 'spec'), remedy: 'add spec.ports' })];
}

function externalNameIssue(located: Located<Service>): Issue {
  const target = located.object.spec.externalName ?? '';
  return warningIssue(
    `ExternalName Services are not routed yet; calls to it are answered 404 and not sent to "${target}"`,
    {
      ...placeOf(located, 'spec.type'),
      remedy: 'call the external host by its own name for now',
    },
  );
}
