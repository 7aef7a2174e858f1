// What an edit of the manifests has changed, told by object.
import type { Located } from '../kube/meta.ts';
import { type KubeObject, keyOf, renderKey } from '../kube/objects.ts';
import type { MeshEvent } from './events.ts';

type ObjectEvent = Extract<MeshEvent, { kind: 'object' }>;

/** Of two objects of one name the first counts. */
export function objectChanges(
  before: readonly Located<KubeObject>[],
  after: readonly Located<KubeObject>[],
): readonly ObjectEvent[] {
  const old = byKey(before);
  const events: ObjectEvent[] = [];
  for (const [object, now] of byKey(after)) {
    const then = old.get(object);
    old.delete(object);
    if (then === undefined) events.push({ kind: 'object', change: 'added', object, detail: '' });
    else if (differs(then, now))
      events.push({ kind: 'object', change: 'changed', object, detail: detailOf(then, now) });
  }
  for (const object of old.keys()) events.push({ kind: 'object', change: 'removed', object, detail: '' });
  return events;
}

function byKey(objects: readonly Located<KubeObject>[]): Map<string, KubeObject> {
  const map = new Map<string, KubeObject>();
  for (const { object } of objects) {
    const key = renderKey(keyOf(object));
    if (!map.has(key)) map.set(key, object);
  }
  return map;
}

function differs(then: KubeObject, now: KubeObject): boolean {
  return then !== now && JSON.stringify(then) !== JSON.stringify(now);
}

function detailOf(then: KubeObject, now: KubeObject): string {
  const replicas = [replicasOf(then), replicasOf(now)];
  return replicas[0] === replicas[1] ? '' : `replicas ${replicas[0]} → ${replicas[1]}`;
}

function replicasOf(object: KubeObject): number | null {
  return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? object.spec.replicas : null;
}
