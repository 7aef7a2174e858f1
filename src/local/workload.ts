// Deployments, StatefulSets and bare Pods as the one thing that the local mesh runs: so many pods of such a template.
import type { Issue } from '../base/result.ts';
import type { Located, StringMap, TemplateMeta } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Pod, PodSpec } from '../kube/pod.ts';
import type { Deployment, StatefulSet } from '../kube/workload.ts';
import { checkPodSpec } from './check-pod-spec.ts';
import { wantsSidecar } from './injection.ts';
import type { PlannedWorkload } from './plan.ts';
import { stableHash } from './stable-hash.ts';

export interface Workload extends PlannedWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly template: TemplateMeta;
  readonly spec: PodSpec;
  readonly injected: boolean;
  /** The headless Service of a StatefulSet; '' for all others. */
  readonly serviceName: string;
  /** A pod counts as available when it has been ready for so long, ms. */
  readonly minReadyMs: number;
  readonly located: Located<KubeObject>;
  /** Where the pod's spec stands in the manifest: `spec`, `spec.template.spec`. */
  readonly specPath: string;
}

export interface Workloads {
  /** What can run. */
  readonly runnable: readonly Workload[];
  /** Keys of those that can't, as `issues` say. */
  readonly broken: ReadonlySet<string>;
  readonly issues: readonly Issue[];
}

/** Of two objects of one name the first counts. */
export function translateWorkloads(objects: readonly Located<KubeObject>[]): Workloads {
  const namespaces = new Map<string, StringMap>();
  for (const { object } of objects)
    if (object.kind === 'Namespace') namespaces.set(object.metadata.name, object.metadata.labels);
  const runnable = new Map<string, Workload>();
  const broken = new Set<string>();
  const issues: Issue[] = [];
  for (const located of objects) {
    const workload = translate(located, namespaces.get(located.object.metadata.namespace) ?? {});
    if (workload === null || runnable.has(workload.key) || broken.has(workload.key)) continue;
    const found = checkPodSpec(workload.spec, located, workload.specPath);
    issues.push(...found);
    if (found.some((issue) => issue.severity === 'error')) broken.add(workload.key);
    else runnable.set(workload.key, workload);
  }
  return { runnable: [...runnable.values()], broken, issues };
}

function translate(located: Located<KubeObject>, namespaceLabels: StringMap): Workload | null {
  const { object } = located;
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
      return fromTemplate(object, located, namespaceLabels);
    case 'Pod':
      return fromPod(object, located, namespaceLabels);
    default:
      return null;
  }
}

function fromTemplate(
  object: Deployment | StatefulSet,
  located: Located<KubeObject>,
  namespaceLabels: StringMap,
): Workload {
  const { template, replicas, minReadySeconds } = object.spec;
  const injected = wantsSidecar(template.metadata, namespaceLabels);
  const isStateful = object.kind === 'StatefulSet';
  return {
    ...identity(object, located),
    kind: object.kind,
    replicas,
    template: template.metadata,
    spec: template.spec,
    injected,
    templateHash: stableHash({ template, injected }),
    metadataHash: '',
    ordered: isStateful && object.spec.podManagementPolicy === 'OrderedReady',
    serviceName: isStateful ? object.spec.serviceName : '',
    minReadyMs: minReadySeconds * 1_000,
    specPath: 'spec.template.spec',
  };
}

function fromPod(pod: Pod, located: Located<KubeObject>, namespaceLabels: StringMap): Workload {
  const { labels, annotations } = pod.metadata;
  const injected = wantsSidecar({ labels, annotations }, namespaceLabels);
  return {
    ...identity(pod, located),
    kind: 'Pod',
    replicas: 1,
    template: { labels, annotations },
    spec: pod.spec,
    injected,
    templateHash: stableHash({ spec: pod.spec, injected }),
    metadataHash: stableHash({ labels, annotations }),
    ordered: false,
    serviceName: '',
    minReadyMs: 0,
    specPath: 'spec',
  };
}

function identity(object: Deployment | StatefulSet | Pod, located: Located<KubeObject>) {
  const { namespace, name } = object.metadata;
  return { key: `${object.kind}/${namespace}/${name}`, namespace, name, located };
}
