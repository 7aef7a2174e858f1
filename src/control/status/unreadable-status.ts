// What is said of an object that the API server took and that cannot be read here.
import { type Issue, renderIssue } from '../../base/result.ts';
import { isService } from '../../kube/backend-object.ts';
import { isMapping, withoutUndefined } from '../../kube/fields.ts';
import { STATUS_FORMS } from './status-form.ts';
import type { StatusKey, StatusReference, WantedCondition, WantedStatus } from './wanted-status.ts';

/** `spec`: of whatever shape. `issues`: at least one. */
export function unreadableStatus(key: StatusKey, spec: unknown, issues: readonly Issue[]): WantedStatus {
  const form = STATUS_FORMS[key.kind];
  const targets = isMapping(spec) ? spec[form.targets] : undefined;
  // A policy's targets have the namespace of the policy, and say so only in its status.
  const namespace = form.ref === 'ancestorRef' ? { namespace: key.namespace } : {};
  const refs = (Array.isArray(targets) ? targets : []).flatMap((target) => serviceReference(target) ?? []);
  const message = issues.map(({ severity, message: said, path, remedy }) =>
    renderIssue(withoutUndefined({ severity, message: said, path, remedy })),
  );
  const condition: WantedCondition = {
    type: 'Accepted',
    status: 'False',
    reason: form.unreadable,
    message: `It does not count as it is. ${message.join('\n')}`,
  };
  return { ...key, entries: refs.map((ref) => ({ ref: { ...ref, ...namespace }, conditions: [condition] })) };
}

/** Null for what is no Service, and none of our business. */
function serviceReference(target: unknown): StatusReference | null {
  if (!isMapping(target)) return null;
  const { group, kind, name, namespace, sectionName, port } = target;
  if (typeof group !== 'string' || typeof kind !== 'string' || !isService({ group, kind })) return null;
  if (typeof name !== 'string') return null;
  return withoutUndefined({
    group,
    kind,
    namespace: typeof namespace === 'string' ? namespace : undefined,
    name,
    sectionName: typeof sectionName === 'string' ? sectionName : undefined,
    port: typeof port === 'number' ? port : undefined,
  });
}
