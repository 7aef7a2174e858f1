// An API server that is slow, silent, away or unwilling: nothing that is there is taken away for it.
import { seededRandom } from '../../../../src/base/random.ts';
import { KubeError } from '../../../../src/kube-api/kube-error.ts';
import { KubeRegistryScene } from '../../../support/kube-registry-scene.ts';
import { HTTP_ROUTES, SERVICES } from '../../../support/kube-resources.ts';
import { turns } from '../../../support/until.ts';

const WEB = { namespace: 'default', name: 'web' };
const service = (port = 80) => ({ spec: { clusterIP: '10.96.0.9', ports: [{ port }] } });
const KINDS = 8;
/** Longer than any delay, and than a watch and its grace. */
const LONG_MS = 131_000;

describe('the registry of an API server in trouble', () => {
  let scene: KubeRegistryScene;

  beforeEach(() => {
    scene = new KubeRegistryScene();
  });

  afterEach(() => scene.close());

  it('asks a server that fails ever more seldom, by chance, and at most 30 s apart', async () => {
    scene.kube.failWith('list', SERVICES, 500, 1_000);
    await scene.start();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = scene.asked('list services').length;
      await scene.pass(seconds * 999 - 10);
      expect(scene.asked('list services')).toHaveLength(before);
      await scene.pass(20);
      expect(scene.asked('list services')).toHaveLength(before + 1);
    }
    scene.kube.mend();
    scene.chance = 0;
    await scene.pass(30_000);
    expect(scene.count('synced')).toBe(1);
  });

  it('leaves a server alone for as long as it asks', async () => {
    scene.chance = 0;
    scene.kube.fail('list services', new KubeError('kube_busy', 'too much to do', undefined, 5_000));
    await scene.start();
    await scene.pass(4_900);
    expect(scene.asked('list services')).toHaveLength(1);
    await scene.pass(200);
    expect(scene.asked('list services')).toHaveLength(2);
    expect(scene.count('synced')).toBe(1);
  });

  it('does not ask in a hurry where a server ends every watch at once', async () => {
    scene.chance = 0.5;
    await scene.start();
    const before = scene.asked('watch services').length;
    for (let n = 0; n < 20; n += 1) {
      scene.kube.endWatches(SERVICES);
      await scene.pass(100);
    }
    expect(scene.asked('watch services').length - before).toBeLessThan(5);
  });

  it('finds a watch that has fallen silent, and begins another one where it was', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    scene.kube.fail('watch', null, KINDS);
    scene.kube.endWatches();
    await scene.pass(1_000);
    expect(scene.kube.openWatches).toEqual([]);
    await scene.pass(LONG_MS);
    await scene.pass(1_000);
    expect(scene.kube.openWatches).toHaveLength(KINDS);
    expect(scene.health(SERVICES)).toMatchObject({ failures: 1, state: 'following' });
    expect(scene.held.size).toBe(1);
  });

  it('gives up a page that never comes', async () => {
    scene.kube.fail('list services', null);
    await scene.start();
    await scene.pass(60_000);
    await scene.pass(1_000);
    expect(scene.count('synced')).toBe(1);
    expect(scene.health(SERVICES)).toMatchObject({ failures: 1, lists: 1 });
  });

  it('halves its pages where one is too large', async () => {
    for (let n = 0; n < 300; n += 1) scene.kube.put(SERVICES, { ...WEB, name: `web-${n}` }, service());
    scene.kube.fail('list services', new KubeError('kube_too_large', 'too large'));
    await scene.start();
    await scene.pass(1_000);
    expect(scene.asked('list services')).toEqual(['list services', 'list services', 'list services page 2']);
    expect(scene.held.size).toBe(300);
  });

  it('says once, with the rule that is missing, what it may not read; the others go on, and it is not synced without it', async () => {
    scene.kube.put(SERVICES, WEB, service());
    scene.kube.failWith('list', HTTP_ROUTES, 403, 20, 'User "sa" cannot list resource "httproutes"');
    await scene.start();
    for (let n = 0; n < 5; n += 1) await scene.pass(30_000);
    expect(scene.count('synced')).toBe(0);
    expect(scene.held.size).toBe(1);
    expect(scene.events.filter(({ kind }) => kind === 'issues')).toHaveLength(1);
    expect(scene.issues).toEqual([
      'kubernetes: can\'t list httproutes.gateway.networking.k8s.io of https://api.test: it answers 403: User "sa" cannot list resource "httproutes"; ' +
        'allow it with a rule of the ClusterRole that it is bound to: {apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes"], verbs: ["list", "watch"]}',
    ]);
    scene.kube.mend();
    await scene.pass(30_000);
    expect(scene.count('synced')).toBe(1);
    expect(scene.issues).toEqual([]);
  });

  it('keeps everything while the server is away, says so once in one line, and catches up', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    await scene.pass(10_000);
    const away = new KubeError('kube_unreachable', "can't watch services: connect ECONNREFUSED", 'start it');
    scene.kube.fail('', away, 1_000);
    scene.kube.endWatches(undefined, away);
    await turns(1);
    // A server that is replaced is no news.
    expect(scene.issues).toEqual([]);
    for (let n = 0; n < 10; n += 1) await scene.pass(3_000);
    expect(scene.issues).toEqual([
      "kubernetes: the API server can't be reached: what it said last stays in force; can't watch services: connect ECONNREFUSED; start it",
    ]);
    expect(scene.events.filter(({ kind }) => kind === 'issues')).toHaveLength(1);
    expect(scene.health(SERVICES)).toMatchObject({ state: 'behind', trouble: expect.stringContaining('ECONNREFUSED') });
    expect(scene.held.size).toBe(1);
    scene.kube.put(SERVICES, { ...WEB, name: 'api' }, service());
    scene.kube.mend();
    await scene.pass(30_000);
    expect(scene.held.size).toBe(2);
    expect(scene.issues).toEqual([]);
    expect(scene.health(SERVICES)).toMatchObject({ state: 'following', trouble: '' });
  });

  it('asks for every kind as soon as the server answers for one of them', async () => {
    const random = seededRandom(7);
    Object.defineProperty(scene, 'chance', { get: () => random.next() });
    await scene.start();
    const away = new KubeError('kube_unreachable', 'gone');
    scene.kube.fail('', away, 1_000);
    scene.kube.endWatches(undefined, away);
    await scene.pass(120_000);
    scene.kube.mend();
    const before = scene.kube.asked.length;
    while (scene.kube.asked.length === before) await scene.pass(100);
    await scene.pass(500);
    expect(scene.kube.openWatches).toHaveLength(KINDS);
  });

  it('lists everything again after a minute without the server, which may be one of an older backup', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    const away = new KubeError('kube_unreachable', 'gone');
    scene.kube.fail('', away, 1_000);
    scene.kube.endWatches(undefined, away);
    for (let n = 0; n < 25; n += 1) await scene.pass(3_000);
    scene.kube.mend();
    await scene.pass(30_000);
    expect(scene.asked('list services')).toHaveLength(2);
    expect(scene.held.size).toBe(1);
  });

  it('says why there is no client to ask with', async () => {
    const connect = () => Promise.reject(new Error('no module'));
    scene = new KubeRegistryScene(connect);
    await scene.start();
    expect(scene.issues).toEqual(['kubernetes: no module']);
    expect(scene.count('synced')).toBe(0);
  });
});
