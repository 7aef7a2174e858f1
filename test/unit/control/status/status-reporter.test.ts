// What is written to an API server, when, and how many requests that takes.
import { errorIssue } from '../../../../src/base/result.ts';
import { LEASES } from '../../../../src/control/status/lease-record.ts';
import { readPresentStatus } from '../../../../src/control/status/present-statuses.ts';
import { STATUS_FORMS } from '../../../../src/control/status/status-form.ts';
import { routeKey, STATUS_LEASE, StatusScene, WEB } from '../../../support/status-scene.ts';

const ROUTES = STATUS_FORMS.HTTPRoute.resource;

describe('status that is written to an API server', () => {
  let scene: StatusScene;

  beforeEach(() => {
    scene = new StatusScene();
  });

  afterEach(() => scene.close());

  it('comes within half a second, in one request for each object', async () => {
    scene.put('a');
    scene.put('b');
    const one = await scene.start();
    await one.hear('a', 'b');
    scene.asked();
    one.think(['a', 1], ['b', 1, 'NoMatchingParent']);
    await scene.pass(600);
    expect(scene.asked()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'patch status of httproutes.gateway.networking.k8s.io shop/b',
    ]);
    expect(await scene.parentsOf('b')).toEqual([
      {
        parentRef: WEB,
        controllerName: 'switchboard.dev/mesh',
        conditions: [
          {
            ...{ type: 'Accepted', status: 'False', reason: 'NoMatchingParent', message: 'because' },
            ...{ observedGeneration: 1, lastTransitionTime: '2026-01-02T00:00:00Z' },
          },
        ],
      },
    ]);
    expect(one.reporter.report).toEqual({
      leads: true,
      written: 2,
      conflicts: 0,
      failed: 0,
      waiting: 0,
      withoutRoom: 0,
    });
  });

  it('that stands there already is not written: not by a restart, not by a second replica, not when the mesh changes', async () => {
    scene.put('a');
    const one = await scene.start();
    await one.hear('a');
    one.think(['a', 1]);
    await scene.pass(600);
    await one.hear('a');
    scene.asked();
    one.think(['a', 1]);
    await scene.pass(5_000);
    expect(scene.asked()).toEqual([]);
    await one.reporter.close();
    const two = await scene.start('two');
    await two.hear('a');
    scene.asked();
    two.think(['a', 1]);
    await scene.pass(5_000);
    expect(two.reporter.report).toMatchObject({ leads: true, written: 0 });
    expect(scene.asked()).toEqual([]);
  });

  it('is written by one of two replicas, and by the other once that is gone', async () => {
    scene.put('a');
    const one = await scene.start('one');
    const two = await scene.start('two');
    for (const replica of [one, two]) {
      await replica.hear('a');
      replica.think(['a', 1]);
    }
    await scene.pass(5_000);
    expect([one.reporter.report, two.reporter.report]).toMatchObject([
      { leads: true, written: 1 },
      { leads: false, written: 0, waiting: 0 },
    ]);
    await one.reporter.close();
    scene.put('a', 2, { parents: await scene.parentsOf('a') });
    await two.hear('a');
    two.think(['a', 2]);
    await scene.pass(5_000);
    expect(two.reporter.report).toMatchObject({ leads: true, written: 1 });
    expect(await scene.parentsOf('a')).toMatchObject([{ conditions: [{ observedGeneration: 2 }] }]);
  });

  it('of an object that has changed since waits for what is computed from the new one', async () => {
    scene.put('a', 2);
    const one = await scene.start();
    await one.hear('a');
    scene.asked();
    one.think(['a', 1]);
    await scene.pass(2_000);
    expect(scene.asked()).toEqual([]);
    one.think(['a', 2]);
    await scene.pass(600);
    expect(scene.asked()).toHaveLength(1);
    // The same name and another object.
    scene.kube.put(ROUTES, routeKey('a'), { metadata: { uid: 'another', generation: 2 } });
    await one.hear('a');
    scene.asked();
    await scene.pass(2_000);
    expect(scene.asked()).toEqual([]);
  });

  it('is 50 a second at most, the last state of each', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `r${index}`);
    for (const name of names) scene.put(name);
    const one = await scene.start();
    await one.hear(...names);
    scene.asked();
    one.think(...names.map((name) => [name, 1, 'NoMatchingParent'] as const));
    await scene.pass(1_500);
    const first = scene.asked().length;
    expect(first).toBeGreaterThan(40);
    expect(first).toBeLessThanOrEqual(51);
    one.think(...names.map((name) => [name, 1] as const));
    await scene.pass(5_000);
    // What was due before the second look at half a second is written twice, the rest once, with what holds in the end.
    const then = scene.asked().length;
    expect(then).toBeGreaterThanOrEqual(100);
    expect(then).toBeLessThanOrEqual(126);
    for (const name of names) expect(await scene.parentsOf(name)).toMatchObject([{ conditions: [{ status: 'True' }] }]);
    expect(one.reporter.report).toMatchObject({ written: first + then, waiting: 0 });
  });

  it('of an object that cannot be read says why, for the version that cannot be', async () => {
    scene.kube.put(ROUTES, routeKey('a'), {
      metadata: { generation: 2 },
      spec: {
        parentRefs: [
          { group: '', kind: 'Service', name: 'web', port: 80 },
          { group: 'x', kind: 'Gateway', name: 'g' },
        ],
      },
    });
    const one = await scene.start();
    const value = (await scene.kube.read(ROUTES, routeKey('a'))) ?? {};
    one.present.put(
      readPresentStatus(routeKey('a'), value, [
        errorIssue('is strange', { source: 's', path: 'spec.x', remedy: 'mend it' }),
      ]),
    );
    one.think(['a', 1]);
    await scene.pass(600);
    expect(await scene.parentsOf('a')).toMatchObject([
      {
        parentRef: { group: '', kind: 'Service', name: 'web', port: 80 },
        conditions: [
          {
            ...{ type: 'Accepted', status: 'False', reason: 'UnsupportedValue', observedGeneration: 2 },
            message: 'It does not count as it is. spec.x: is strange; mend it',
          },
        ],
      },
    ]);
    scene.asked();
    await scene.pass(3_000);
    expect(scene.asked()).toEqual([]);
  });

  it('is let go in order: the lease is free when it has ended', async () => {
    const one = await scene.start();
    await one.reporter.close();
    expect((await scene.kube.read(LEASES, STATUS_LEASE))?.['spec']).toMatchObject({ holderIdentity: '' });
    await one.reporter.close();
    one.think(['a', 1]);
  });
});
