// The Services whose callers a route concerns, and which ports of each.
import { isService } from '../../../kube/backend-object.ts';
import { GATEWAY_GROUP, type ParentReference } from '../../../kube/route-refs.ts';
import { isHeadless } from '../../../kube/service.ts';
import { routablePorts } from '../service-ports.ts';
import type { Problem, ProblemReason } from './problem.ts';
import { missingRemedy, type RouteInputs, serviceKey } from './route-inputs.ts';

export interface TranslatedParent {
  readonly ref: ParentReference;
  /** By `serviceKey`. */
  readonly service: string;
  /** Of the Service; none where there is a problem. */
  readonly ports: readonly number[];
  /** Null: it takes effect. */
  readonly problem: Problem | null;
}

/** Those that are Services: others are none of a mesh's business. */
export function translateParents(inputs: RouteInputs): readonly TranslatedParent[] {
  return inputs.route.object.spec.parentRefs.flatMap((ref, index) =>
    isService(ref) ? [translateParent(inputs, ref, `spec.parentRefs[${index}]`)] : [],
  );
}

/** A Gateway, which is none of a mesh's business, or a Service whose group was forgotten. */
export function isOtherParent({ group, kind }: ParentReference): boolean {
  return group === GATEWAY_GROUP && (kind === 'Gateway' || kind === 'Service');
}

/** Of a route without a parent that is a Service: those of its parents that were meant as one, as a Service has their name. */
export function meantParents({ route, services }: RouteInputs): readonly Problem[] {
  const { metadata, spec } = route.object;
  return spec.parentRefs.flatMap((ref, index) => {
    const { kind, name, namespace = metadata.namespace } = ref;
    if (!isOtherParent(ref) || !(kind === 'Service' || services.has(serviceKey(namespace, name)))) return [];
    const message = `is a ${kind} of group ${GATEWAY_GROUP}, so callers of Service "${name}" are not concerned`;
    const remedy = 'write group: "" and kind: Service, if it is the Service that is meant';
    return [{ reason: 'NoMatchingParent', path: `spec.parentRefs[${index}]`, message, remedy }];
  });
}

function translateParent(inputs: RouteInputs, ref: ParentReference, path: string): TranslatedParent {
  const namespace = ref.namespace ?? inputs.route.object.metadata.namespace;
  const service = serviceKey(namespace, ref.name);
  const located = inputs.services.get(service);
  const none = (reason: ProblemReason, message: string, remedy: string): TranslatedParent => {
    return { ref, service, ports: [], problem: { reason, path, message, remedy } };
  };
  if (located === undefined) {
    const message = `there is no Service "${ref.name}" in namespace "${namespace}", so the route concerns nobody`;
    return none('NoMatchingParent', message, missingRemedy(inputs.near.get(service)));
  }
  if (isHeadless(located.object) || located.object.spec.type === 'ExternalName') {
    const kind = isHeadless(located.object) ? 'headless' : 'an ExternalName';
    const message = `Service "${ref.name}" is ${kind}: it has no address that callers could mean`;
    return none('NotAllowedByListeners', message, 'make a Service with a ClusterIP the parent');
  }
  const all = routablePorts(located).ports.map(({ port }) => port);
  const meant = all.filter(
    ({ port, name }) =>
      (ref.port === undefined || ref.port === port) && (ref.sectionName === undefined || ref.sectionName === name),
  );
  if (meant.length > 0) return { ref, service, ports: meant.map(({ port }) => port), problem: null };
  const asked = [ref.port ?? [], ref.sectionName === undefined ? [] : `"${ref.sectionName}"`].flat().join(' ');
  const there = all.map(({ port, name }) => (name === undefined ? port : `${port} "${name}"`)).join(', ');
  const message = `Service "${ref.name}" has no TCP port ${asked}`;
  return none('NoMatchingParent', message, there === '' ? 'add it to the Service' : `name one of ${there}`);
}
