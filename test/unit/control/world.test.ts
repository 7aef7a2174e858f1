// Promises of the world: several registries as one.

import { renderIssue } from '../../../src/base/result.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import { World } from '../../../src/control/world.ts';
import { keyOf } from '../../../src/kube/objects.ts';
import { manifests } from '../../support/manifests.ts';
import { podText, serviceText } from '../../support/mesh-text.ts';

function upsert(world: World, index: number, text: string, source?: string) {
  return world.apply(index, { kind: 'changed', upserted: manifests(text, source), deleted: [] });
}

function remove(world: World, index: number, text: string) {
  return world.apply(index, {
    kind: 'changed',
    upserted: [],
    deleted: manifests(text).map(({ object }) => keyOf(object)),
  });
}

describe('the world', () => {
  let world: World;

  beforeEach(() => {
    world = new World([new MemoryRegistry('file', true), new MemoryRegistry('cluster', false)]);
  });

  it('is synced when every registry is', () => {
    world.apply(0, { kind: 'synced' });
    expect(world.synced).toBe(false);
    world.apply(1, { kind: 'synced' });
    expect(world.synced).toBe(true);
  });

  it('lets the later registry win, falls back to the earlier one, and says that both have it', () => {
    upsert(world, 0, serviceText('ports: [{port: 1}]'), 'first.yaml');
    upsert(world, 1, serviceText('ports: [{port: 2}]'), 'second.yaml');
    expect(world.get('Service', 'default', 'a')?.object.spec.ports[0]?.port).toBe(2);
    expect(world.issues.map(renderIssue)).toEqual([
      'second.yaml:2: Service default/a stands here and in first.yaml:2; this one counts, of the later registry; remove one of them',
    ]);
    remove(world, 1, serviceText());
    expect(world.get('Service', 'default', 'a')?.object.spec.ports[0]?.port).toBe(1);
    expect(world.issues).toEqual([]);
  });

  it('takes the status of a Pod from the later registry, and its place from the earlier one', () => {
    upsert(world, 0, podText({ name: 'p', phase: 'Unknown', ready: false }), 'manifest.yaml');
    upsert(
      world,
      1,
      podText({ name: 'p', ip: '10.0.0.1' }).replace(/spec: .*/, 'spec: {containers: []}'),
      'state.yaml',
    );
    const pod = world.get('Pod', 'default', 'p');
    expect(pod?.object.status.podIP).toBe('10.0.0.1');
    expect(pod?.object.spec.containers[0]?.ports[0]?.containerPort).toBe(8080);
    expect(pod?.origin.source).toBe('manifest.yaml');
    expect(world.issues).toEqual([]);
  });

  it('takes the spec of a Pod from the later registry where that tells it', () => {
    upsert(world, 0, podText({ name: 'p' }));
    upsert(world, 1, podText({ name: 'p', ports: '{containerPort: 7}' }));
    expect(world.get('Pod', 'default', 'p')?.object.spec.containers[0]?.ports[0]?.containerPort).toBe(7);
  });

  it('answers what an event changed, and nothing where it changed nothing', () => {
    const [located] = manifests(serviceText());
    if (located === undefined) throw new Error('no service');
    const event = { kind: 'changed', upserted: [located], deleted: [] } as const;
    expect(world.apply(0, event)).toEqual([{ before: null, after: located }]);
    expect(world.apply(0, event)).toEqual([]);
    expect(remove(world, 1, serviceText())).toEqual([]);
    expect(remove(world, 0, serviceText())).toEqual([{ before: located, after: null }]);
  });

  it('knows whether Services select Pods where an object came from', () => {
    upsert(world, 0, serviceText());
    const service = () => world.get('Service', 'default', 'a')?.object;
    const first = service();
    expect(first === undefined ? null : world.selectsPods(first)).toBe(true);
    upsert(world, 1, serviceText());
    const second = service();
    expect(second === undefined ? null : world.selectsPods(second)).toBe(false);
  });
});
