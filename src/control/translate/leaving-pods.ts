// Which pods a rollout is about to replace: those of a workload that has pods of a newer revision.
import type { Pod } from '../../kube/pod.ts';
import { workloadOf } from '../workload-of.ts';

/** Labels that say which revision of its workload a pod is of. Source: kubernetes.io, Deployment, StatefulSet and DaemonSet. */
const REVISION_LABELS = ['pod-template-hash', 'controller-revision-hash'] as const;

/** The newest pod of a workload tells its newest revision, also where that is an older one again. */
export function leavingPods(pods: readonly Pod[]): ReadonlySet<Pod> {
  const newest = new Map<string, Pod>();
  for (const pod of pods) {
    const workload = workloadOf(pod);
    if (workload === null || revisionOf(pod) === null) continue;
    const known = newest.get(workload);
    if (known === undefined || isNewer(pod, known)) newest.set(workload, pod);
  }
  return new Set(pods.filter((pod) => isReplaced(pod, newest)));
}

function isReplaced(pod: Pod, newest: ReadonlyMap<string, Pod>): boolean {
  const last = newest.get(workloadOf(pod) ?? '');
  const revision = revisionOf(pod);
  return last !== undefined && revision !== null && revision !== revisionOf(last);
}

function revisionOf({ metadata }: Pod): string | null {
  for (const label of REVISION_LABELS) {
    const revision = metadata.labels[label];
    if (revision !== undefined) return revision;
  }
  return null;
}

/** Of equally old ones any, but always the same. */
function isNewer(pod: Pod, than: Pod): boolean {
  return keyOf(pod) > keyOf(than);
}

function keyOf(pod: Pod): string {
  return `${pod.metadata.creationTimestamp ?? ''} ${revisionOf(pod)}`;
}
