// Which pods a rollout is about to replace: those of a workload that has pods of a newer revision.
import type { Located } from '../../kube/meta.ts';
import type { Pod } from '../../kube/pod.ts';
import type { PodIdentity } from '../../model/endpoint-spec.ts';
import { workloadOf } from '../workload-of.ts';
import type { Backend } from './backend.ts';

/** Labels that say which revision of its workload a pod is of. Source: kubernetes.io, Deployment, StatefulSet and DaemonSet. */
const REVISION_LABELS = ['pod-template-hash', 'controller-revision-hash'] as const;

/** Those of `backends` that are such pods say so. `pods`: all of the Service. */
export function markLeaving(backends: readonly Backend[], pods: readonly Located<Pod>[]): readonly Backend[] {
  const leaving = leavingPods(pods.map(({ object }) => object));
  if (leaving.size === 0) return backends;
  const uids = new Map(Array.from(leaving, ({ metadata }) => [nameOf(metadata), metadata.uid ?? '']));
  return backends.map((backend) => {
    const { pod } = backend;
    return pod !== undefined && isSame(pod, uids.get(nameOf(pod))) ? { ...backend, leaving: true } : backend;
  });
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** A pod of a StatefulSet has the name of the one before it, and slices may still name that. `uid`: absent = there is none of that name. */
function isSame({ uid: named }: PodIdentity, uid: string | undefined): boolean {
  return uid !== undefined && (uid === named || uid === '' || named === '');
}

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
