// Makes the next pod of a workload: name, identity, address, and the labels that Kubernetes' controllers would add.
import type { Random } from '../base/random.ts';
import type { TemplateMeta } from '../kube/meta.ts';
import type { PodSpec } from '../kube/pod.ts';
import { newPodName, ordinalPodName } from './naming.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Workload } from './workload.ts';

export interface PodIdentitySource {
  readonly random: Random;
  /** A UUID that nobody can guess: sticky sessions rely on it (semantics.md). */
  readonly newUid: () => string;
  readonly isNameTaken: (namespace: string, name: string) => boolean;
}

export function createPodFacts(
  workload: Workload,
  ordinal: number | null,
  ip: string,
  source: PodIdentitySource,
): PodFacts {
  const { namespace, injected } = workload;
  const name = podName(workload, ordinal, source);
  const { labels, annotations } = podMetadata(workload, ordinal, name);
  return { namespace, name, uid: source.newUid(), ip, labels, annotations, spec: podSpec(workload, name), injected };
}

function podName(workload: Workload, ordinal: number | null, source: PodIdentitySource): string {
  if (workload.kind === 'Pod') return workload.name;
  if (ordinal !== null) return ordinalPodName(workload.name, ordinal);
  return newPodName(workload.name, source.random, (name) => source.isNameTaken(workload.namespace, name));
}

/** Source: kubernetes.io, Deployment ("pod-template-hash") and StatefulSet ("pod name label", "pod index label"). */
function podMetadata(workload: Workload, ordinal: number | null, name: string): TemplateMeta {
  const { labels, annotations } = workload.template;
  if (workload.kind === 'Pod') return { labels, annotations };
  if (workload.kind === 'Deployment')
    return { labels: { ...labels, 'pod-template-hash': workload.templateHash }, annotations };
  const added = {
    'apps.kubernetes.io/pod-index': String(ordinal ?? 0),
    'controller-revision-hash': workload.templateHash,
    'statefulset.kubernetes.io/pod-name': name,
  };
  return { labels: { ...labels, ...added }, annotations };
}

/** hostname and subdomain give a StatefulSet's pod its own name in DNS. */
function podSpec(workload: Workload, name: string): PodSpec {
  if (workload.kind !== 'StatefulSet') return workload.spec;
  const subdomain = workload.serviceName === '' ? {} : { subdomain: workload.serviceName };
  return { ...workload.spec, hostname: name, ...subdomain };
}
