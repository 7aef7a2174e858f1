// Which workload a Pod belongs to: what its siblings have in common, through rollouts too.
import type { Pod } from '../kube/pod.ts';

/** Labels that controllers give to one pod or one revision. Source: kubernetes.io, well-known labels. */
const OWN_LABELS: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'job-name',
  'controller-uid',
]);

/**
 * The same text for pods of one workload of the namespace: by their owner, or where none is known by their labels. Null for a pod that has
 * neither.
 */
export function workloadOf({ metadata }: Pod): string | null {
  const { owner, labels } = metadata;
  if (owner?.kind === 'ReplicaSet') return `Deployment ${withoutHash(owner.name, labels['pod-template-hash'])}`;
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const common = Object.entries(labels).filter(([key]) => !OWN_LABELS.has(key));
  return common.length === 0 ? null : JSON.stringify(common.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A Deployment's ReplicaSets are called `<deployment>-<hash>`, and each rollout makes a new one. */
function withoutHash(replicaSet: string, hash: string | undefined): string {
  return hash !== undefined && replicaSet.endsWith(`-${hash}`) ? replicaSet.slice(0, -hash.length - 1) : replicaSet;
}
