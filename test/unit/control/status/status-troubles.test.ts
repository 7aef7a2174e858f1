// What becomes of status that can't be written, or not at once.
import { readPresentStatus } from '../../../../src/control/status/present-statuses.ts';
import { STATUS_FORMS } from '../../../../src/control/status/status-form.ts';
import { routeKey, StatusScene, WEB } from '../../../support/status-scene.ts';

const ROUTES = STATUS_FORMS.HTTPRoute.resource;
const UNREACHABLE = Object.assign(new Error('nobody answers'), { code: 'kube_unreachable' });
const forbidden = (): Error => Object.assign(new Error('no'), { code: 'kube_forbidden', remedy: 'add the rule' });
const invalid = (): Error => Object.assign(new Error('no'), { code: 'kube_invalid' });

describe('status in trouble', () => {
  let scene: StatusScene;

  beforeEach(() => {
    scene = new StatusScene();
  });

  afterEach(() => scene.close());

  it('is not written over what another controller was faster to write: that is read, and both stand there', async () => {
    scene.put('a');
    const one = await scene.start();
    await one.hear('a');
    const other = { parentRef: { name: 'edge' }, controllerName: 'example.com/gateway', conditions: [] };
    scene.put('a', 1, { parents: [other] });
    scene.asked();
    one.think(['a', 1]);
    await scene.pass(600);
    expect(scene.asked()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'get httproutes.gateway.networking.k8s.io shop/a',
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
    ]);
    expect(await scene.parentsOf('a')).toMatchObject([other, { controllerName: 'switchboard.dev/mesh' }]);
    expect(one.reporter.report).toMatchObject({ written: 1, conflicts: 1, failed: 0 });
  });

  it('of an object that is gone is forgotten', async () => {
    scene.put('a');
    const one = await scene.start();
    await one.hear('a');
    scene.kube.remove(ROUTES, routeKey('a'));
    scene.asked();
    one.think(['a', 1]);
    await scene.pass(10_000);
    expect(scene.asked()).toHaveLength(1);
    expect(one.reporter.report).toMatchObject({ written: 0, failed: 0, waiting: 0 });
    expect(one.log.take()).toEqual(['info this replica writes status now']);
  });

  it('that may not be written is told once with the rule, while other kinds are written, and tried again after a minute', async () => {
    const policy = { kind: 'TrafficPolicy', namespace: 'shop', name: 'p' } as const;
    scene.put('a');
    scene.put('b');
    scene.kube.put(STATUS_FORMS.TrafficPolicy.resource, policy, { metadata: { uid: 'p', generation: 1 } });
    const one = await scene.start();
    await one.hear('a', 'b');
    one.present.put(
      readPresentStatus(policy, (await scene.kube.read(STATUS_FORMS.TrafficPolicy.resource, policy)) ?? {}, []),
    );
    scene.kube.fail('patch status of httproutes', forbidden(), 3);
    one.think(['a', 1], ['b', 1]);
    one.wanted = [
      ...(one.wanted ?? []),
      { ...policy, uid: 'p', generation: 1, entries: [{ ref: WEB, conditions: [] }] },
    ];
    scene.asked();
    await scene.pass(59_000);
    expect(scene.asked().sort()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'patch status of trafficpolicies.switchboard.dev shop/p',
    ]);
    expect(one.log.warned).toMatchObject([{ remedy: 'add the rule' }]);
    await scene.pass(130_000);
    expect(one.log.warned).toHaveLength(1);
    expect(scene.asked().length).toBeLessThanOrEqual(4);
    scene.kube.mend();
    await scene.pass(62_000);
    expect(one.reporter.report).toMatchObject({ written: 3, waiting: 0 });
  });

  it('waits while the API server has too much to do, as long as it says, and while it is gone', async () => {
    scene.put('a');
    scene.put('b');
    const one = await scene.start();
    await one.hear('a', 'b');
    scene.kube.fail('patch', Object.assign(new Error('busy'), { code: 'kube_busy', retryAfterMs: 7_000 }), 1);
    scene.asked();
    one.think(['a', 1], ['b', 1]);
    await scene.pass(7_400);
    expect(scene.asked()).toHaveLength(1);
    scene.kube.fail('patch', UNREACHABLE, 2);
    await scene.pass(1_500 + 4_000);
    expect(scene.asked().length).toBeLessThanOrEqual(4);
    await scene.pass(10_000);
    expect(one.reporter.report).toMatchObject({ written: 2, failed: 3, waiting: 0 });
    expect(one.log.take()).toEqual(['info this replica writes status now', 'warn no status can be written now']);
  });

  it('that the API server does not take stands in nobody’s way, and is tried again later and later until the object changes', async () => {
    scene.put('a');
    scene.put('b');
    const one = await scene.start();
    await one.hear('a', 'b');
    scene.kube.fail('patch status of httproutes.gateway.networking.k8s.io shop/a', invalid(), 1_000);
    scene.asked();
    one.think(['a', 1], ['b', 1]);
    await scene.pass(60_000);
    const tries = scene.asked();
    expect(tries.filter((ask) => ask.endsWith('/b'))).toHaveLength(1);
    expect(tries.filter((ask) => ask.endsWith('/a')).length).toBeGreaterThanOrEqual(5);
    expect(tries.filter((ask) => ask.endsWith('/a')).length).toBeLessThanOrEqual(8);
    scene.kube.mend();
    scene.put('a', 2);
    await one.hear('a');
    scene.asked();
    one.think(['a', 2], ['b', 1]);
    await scene.pass(600);
    expect(scene.asked()).toHaveLength(1);
  });

  it('that the API server keeps otherwise than it was told is not written for ever', async () => {
    scene.put('a');
    const one = await scene.start();
    await one.hear('a');
    const patchStatus = scene.kube.patchStatus.bind(scene.kube);
    scene.kube.patchStatus = async (...ask) => {
      await patchStatus(...ask);
      return scene.kube.put(ROUTES, routeKey('a'), { metadata: { generation: 1 }, status: { parents: [] } });
    };
    scene.asked();
    one.think(['a', 1]);
    for (let second = 0; second < 60; second += 1) {
      await scene.pass(1_000);
      one.think(['a', 1]);
    }
    expect(scene.asked().length).toBeLessThanOrEqual(8);
    expect(one.log.take()).toEqual([
      'info this replica writes status now',
      'warn the API server keeps another status than it was told',
    ]);
  });

  it('ends with the lease: nothing is asked any more, and what was under way is given up', async () => {
    scene.put('a');
    const one = await scene.start();
    await one.hear('a');
    await scene.pass(1_000);
    scene.kube.fail('', null, 1_000);
    scene.asked();
    one.think(['a', 1]);
    await scene.pass(20_000);
    expect(one.reporter.report).toMatchObject({ leads: false, written: 0, waiting: 0 });
    expect(scene.asked().length).toBeLessThanOrEqual(3);
    one.think(['a', 1]);
    await scene.pass(5_000);
    expect(scene.asked()).toEqual([]);
    scene.kube.mend();
    await scene.pass(70_000);
    expect(one.reporter.report).toMatchObject({ leads: true, written: 1 });
  });
});
