// The downward API: what `fieldRef.fieldPath` means for a pod.
import { parsePath } from '../kube/field-path.ts';
import { HOST_IP, NODE_NAME, type PodFacts } from './pod-facts.ts';

const FIELDS: Readonly<Record<string, (pod: PodFacts) => string>> = {
  'metadata.name': (pod) => pod.name,
  'metadata.namespace': (pod) => pod.namespace,
  'metadata.uid': (pod) => pod.uid,
  'spec.nodeName': () => NODE_NAME,
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName,
  'status.hostIP': () => HOST_IP,
  'status.hostIPs': () => HOST_IP,
  'status.podIP': (pod) => pod.ip,
  'status.podIPs': (pod) => pod.ip,
};

/** For messages. */
export const KNOWN_FIELD_PATHS = [...Object.keys(FIELDS), "metadata.labels['KEY']", "metadata.annotations['KEY']"];

/** null for a path that Kubernetes doesn't offer to variables; '' for a label that the pod doesn't have. */
export function podField(pod: PodFacts, fieldPath: string): string | null {
  const read = Object.hasOwn(FIELDS, fieldPath) ? FIELDS[fieldPath] : undefined;
  if (read !== undefined) return read(pod);
  const [root, map, key, ...rest] = parsePath(fieldPath);
  if (root !== 'metadata' || typeof key !== 'string' || rest.length > 0) return null;
  if (map === 'labels') return pod.labels[key] ?? '';
  return map === 'annotations' ? (pod.annotations[key] ?? '') : null;
}
