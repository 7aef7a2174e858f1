// Whether a pod gets a sidecar: what it says itself, else what its namespace says.
import type { StringMap, TemplateMeta } from '../kube/meta.ts';

const INJECT_KEY = 'switchboard.dev/inject';

/** Label or annotation on the pod, label on the namespace (contract.md); `disabled` on the pod wins over everything. */
export function wantsSidecar(pod: TemplateMeta, namespaceLabels: StringMap): boolean {
  const own = [pod.annotations[INJECT_KEY], pod.labels[INJECT_KEY]];
  if (own.includes('disabled')) return false;
  return own.includes('enabled') || namespaceLabels[INJECT_KEY] === 'enabled';
}
