// Which pods are siblings.
import { workloadOf } from '../../../src/control/workload-of.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import type { Pod } from '../../../src/kube/pod.ts';

function workload(metadata: string): string | null {
  const text = `{apiVersion: v1, kind: Pod, metadata: {name: a, ${metadata}}, spec: {containers: []}}`;
  const { objects, issues } = parseManifest(text, 'test.yaml');
  expect(issues).toEqual([]);
  return workloadOf(objects[0]?.object as Pod);
}

function owned(kind: string, name: string, hash = 'x'): string | null {
  return workload(`labels: {pod-template-hash: ${hash}}, ownerReferences: [{kind: ${kind}, name: ${name}}]`);
}

describe('the workload of a pod', () => {
  it('is its Deployment, in every revision, be it named through a ReplicaSet or by itself', () => {
    expect(owned('ReplicaSet', 'web-5f7', '5f7')).toBe('Deployment web');
    expect(owned('ReplicaSet', 'web-9c1', '9c1')).toBe('Deployment web');
    expect(owned('Deployment', 'web')).toBe('Deployment web');
    expect(owned('ReplicaSet', 'web-cart', 'x')).toBe('Deployment web-cart');
  });

  it('is whatever else owns it: the owner that is marked as controller, or else the first', () => {
    expect(owned('StatefulSet', 'db')).toBe('StatefulSet db');
    const two = 'ownerReferences: [{kind: Node, name: node-1}, {kind: DaemonSet, name: agent, controller: true}]';
    expect(workload(two)).toBe('DaemonSet agent');
  });

  it('is told by its labels where no owner is known, without those of one pod or one revision', () => {
    const first = 'labels: {tier: front, app: web, pod-template-hash: a, statefulset.kubernetes.io/pod-name: web-0}';
    const second = 'labels: {app: web, tier: front, controller-revision-hash: b, apps.kubernetes.io/pod-index: "1"}';
    expect(workload(first)).toBe(workload(second));
    expect(workload(first)).not.toBe(workload('labels: {app: web, tier: back}'));
  });

  it('is unknown where a pod has neither', () => {
    expect(workload('labels: {}')).toBeNull();
    expect(workload('labels: {pod-template-hash: a}')).toBeNull();
  });
});
