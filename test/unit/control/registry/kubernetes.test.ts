// The registry of an API server: whatever the server does, nothing that is there is ever taken away.
import type { Cancel } from '../../../../src/base/clock.ts';
import { renderIssue } from '../../../../src/base/result.ts';
import { KubernetesRegistry } from '../../../../src/control/registry/kubernetes.ts';
import type { RegistryEvent } from '../../../../src/control/registry/registry.ts';
import type { KindHealth } from '../../../../src/control/registry/registry-health.ts';
import { type KubeObject, keyOf, renderKey } from '../../../../src/kube/objects.ts';
import { KubeError } from '../../../../src/kube-api/kube-error.ts';
import { type KubeResource, resourceName } from '../../../../src/kube-api/kube-resource.ts';
import {
  HTTP_ROUTES,
  PODS,
  REFERENCE_GRANTS,
  SERVICES,
  SLICES,
  TRAFFIC_POLICIES,
} from '../../../support/kube-resources.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedKube } from '../../../support/scripted-kube.ts';
import { turns } from '../../../support/until.ts';

const WEB = { namespace: 'default', name: 'web' };
const service = (port = 80) => ({ spec: { clusterIP: '10.96.0.9', ports: [{ port }] } });
const KINDS = 8;
/** Longer than any delay, and than a watch and its grace. */
const LONG_MS = 131_000;
const STEP_MS = 500;

describe('the registry of an API server', () => {
  let kube: ScriptedKube;
  let clock: ManualClock;
  let chance: number;
  let registry: KubernetesRegistry;
  let events: RegistryEvent[];
  let held: Map<string, KubeObject>;
  let cancel: Cancel;

  beforeEach(() => {
    kube = new ScriptedKube();
    clock = new ManualClock();
    chance = 0.999;
    events = [];
    held = new Map();
    const connect = () => Promise.resolve(kube);
    registry = new KubernetesRegistry({ connect, clock, random: { next: () => chance } });
    cancel = () => {};
  });

  afterEach(async () => {
    cancel();
    await turns(1);
    expect(clock.pendingTimers).toBe(0);
    expect(kube.openWatches).toEqual([]);
  });

  async function start(): Promise<void> {
    cancel = registry.watch((event) => {
      events.push(event);
      if (event.kind !== 'changed') return;
      for (const { object } of event.upserted) held.set(renderKey(keyOf(object)), object);
      for (const key of event.deleted) held.delete(renderKey(key));
    });
    await turns(2);
  }

  /** In steps: what a timer begins sets the next one only when its answer is in. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      clock.advance(Math.min(left, STEP_MS));
      await turns(1);
    }
  }

  const synced = () => events.filter(({ kind }) => kind === 'synced').length;
  const changes = () => events.filter(({ kind }) => kind === 'changed').length;
  const issues = () => {
    const last = events.findLast((event) => event.kind === 'issues');
    return last?.kind === 'issues' ? last.issues.map(renderIssue) : [];
  };
  const health = (resource: KubeResource): KindHealth | undefined =>
    registry.health().kinds.find((kind) => kind.resource === resourceName(resource));
  const asked = (ask: string) => kube.asked.filter((line) => line.startsWith(ask));

  it('reads long lists page by page, and holds of a Pod what somebody needs', async () => {
    for (let n = 0; n < 1_201; n += 1) {
      const status = {
        ...{ phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], hostIP: '10.1.1.1' },
        conditions: [
          { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
          { type: 'PodScheduled', status: 'True' },
        ],
      };
      const spec = { nodeName: 'n1', containers: [{ name: 'app', image: 'x', env: [{ name: 'A', value: 'b' }] }] };
      const metadata = { labels: { app: 'web' }, annotations: { 'example.com/large': 'x' }, managedFields: [{}] };
      kube.put(PODS, { namespace: 'default', name: `web-${n}` }, { metadata, spec, status });
    }
    await start();
    expect(asked('list pods')).toEqual(['list pods', 'list pods page 2', 'list pods page 3']);
    expect(held.size).toBe(1_201);
    expect(synced()).toBe(1);
    expect(held.get('Pod default/web-0')).toMatchObject({
      metadata: { labels: { app: 'web' }, annotations: {} },
      spec: { nodeName: 'n1', containers: [] },
      status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  it('is synced when the last kind has told its list, and says meanwhile what it waits for', async () => {
    kube.put(SERVICES, WEB, service());
    kube.failWith('list', SLICES, 500, 2);
    await start();
    expect(synced()).toBe(0);
    expect(held.size).toBe(1);
    expect(issues()).toEqual([
      "kubernetes: can't list endpointslices.discovery.k8s.io of https://api.test: it answers 500",
    ]);
    await pass(1_000);
    expect(synced()).toBe(0);
    await pass(2_000);
    expect(synced()).toBe(1);
    expect(issues()).toEqual([]);
  });

  it('follows what comes, changes and goes', async () => {
    await start();
    kube.put(SERVICES, WEB, service());
    await turns(1);
    expect(held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    kube.put(SERVICES, WEB, service(81));
    await turns(1);
    expect(held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 81 }] } });
    kube.remove(SERVICES, WEB);
    await turns(1);
    expect(held.size).toBe(0);
  });

  it('tells nothing of what changes nothing: a status that was written, a heartbeat', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    const before = changes();
    kube.put(SERVICES, WEB, { ...service(), status: { loadBalancer: {} } });
    kube.bookmark(SERVICES);
    await turns(1);
    expect(changes()).toBe(before);
  });

  it('goes on where it was when a watch ends: at its last event, or at a later bookmark', async () => {
    await start();
    kube.put(SERVICES, WEB, service());
    await turns(1);
    await pass(10_000);
    kube.endWatches(SERVICES);
    await turns(1);
    kube.bookmark(SERVICES, '77');
    await turns(1);
    await pass(10_000);
    kube.endWatches(SERVICES);
    await turns(1);
    expect(asked('watch services')).toEqual([
      'watch services from 0',
      'watch services from 1',
      'watch services from 77',
    ]);
    expect(asked('list services')).toHaveLength(1);
    expect(health(SERVICES)).toMatchObject({ watchRestarts: 2, failures: 0, state: 'following' });
    expect(issues()).toEqual([]);
  });

  it('hears what happened while no watch was open', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    kube.fail('watch services', new KubeError('kube_unreachable', 'gone'));
    kube.endWatches(SERVICES);
    await turns(1);
    kube.remove(SERVICES, WEB);
    kube.put(SERVICES, { ...WEB, name: 'api' }, service());
    await pass(3_000);
    expect([...held.keys()]).toEqual(['Service default/api']);
    expect(asked('list services')).toHaveLength(1);
  });

  it('lists again when a watch cannot go on, and removes what is gone only when the list is whole', async () => {
    for (let n = 0; n < 600; n += 1) kube.put(SERVICES, { ...WEB, name: `web-${n}` }, service());
    await start();
    const before = changes();
    kube.compact();
    kube.fail('list services page 2', new KubeError('kube_unreachable', 'it broke'));
    kube.endWatches(SERVICES, new KubeError('kube_unreachable', 'it broke'));
    await turns(1);
    kube.remove(SERVICES, { ...WEB, name: 'web-0' });
    kube.compact();
    await pass(1_000);
    await pass(2_000);
    expect(asked('list services page 2')).toHaveLength(2);
    expect(held.size).toBe(600);
    expect(changes()).toBe(before);
    await pass(4_000);
    expect(asked('list services page 2')).toHaveLength(3);
    expect(held.size).toBe(599);
    expect(held.has('Service default/web-0')).toBe(false);
    // What stayed is not told again.
    expect(events.findLast(({ kind }) => kind === 'changed')).toMatchObject({ upserted: [] });
  });

  it('asks a server that fails ever more seldom, by chance, and at most 30 s apart', async () => {
    kube.failWith('list', SERVICES, 500, 1_000);
    await start();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = asked('list services').length;
      await pass(seconds * 999 - 10);
      expect(asked('list services')).toHaveLength(before);
      await pass(20);
      expect(asked('list services')).toHaveLength(before + 1);
    }
    kube.mend();
    chance = 0;
    await pass(30_000);
    expect(synced()).toBe(1);
  });

  it('leaves a server alone for as long as it asks', async () => {
    chance = 0;
    kube.fail('list services', new KubeError('kube_busy', 'too much to do', undefined, 5_000));
    await start();
    await pass(4_900);
    expect(asked('list services')).toHaveLength(1);
    await pass(200);
    expect(asked('list services')).toHaveLength(2);
    expect(synced()).toBe(1);
  });

  it('does not ask in a hurry where a server ends every watch at once', async () => {
    chance = 0.5;
    await start();
    const before = asked('watch services').length;
    for (let n = 0; n < 20; n += 1) {
      kube.endWatches(SERVICES);
      await pass(100);
    }
    expect(asked('watch services').length - before).toBeLessThan(5);
  });

  it('finds a watch that has fallen silent, and begins another one where it was', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    kube.fail('watch', null, KINDS);
    kube.endWatches();
    await pass(1_000);
    expect(kube.openWatches).toEqual([]);
    await pass(LONG_MS);
    await pass(1_000);
    expect(kube.openWatches).toHaveLength(KINDS);
    expect(health(SERVICES)).toMatchObject({ failures: 1, state: 'following' });
    expect(held.size).toBe(1);
  });

  it('gives up a page that never comes', async () => {
    kube.fail('list services', null);
    await start();
    await pass(60_000);
    await pass(1_000);
    expect(synced()).toBe(1);
    expect(health(SERVICES)).toMatchObject({ failures: 1, lists: 1 });
  });

  it('halves its pages where one is too large', async () => {
    for (let n = 0; n < 300; n += 1) kube.put(SERVICES, { ...WEB, name: `web-${n}` }, service());
    kube.fail('list services', new KubeError('kube_too_large', 'too large'));
    await start();
    await pass(1_000);
    expect(asked('list services')).toEqual(['list services', 'list services', 'list services page 2']);
    expect(held.size).toBe(300);
  });

  it('goes on without a kind whose CRD is not installed, looks for it, and begins when it is there', async () => {
    kube.failWith('list', TRAFFIC_POLICIES, 404, 1);
    await start();
    expect(synced()).toBe(1);
    expect(issues()).toEqual([]);
    expect(health(TRAFFIC_POLICIES)).toMatchObject({ state: 'absent', failures: 0, trouble: '' });
    const spec = { targetRefs: [{ group: '', kind: 'Service', name: 'web' }], timeouts: { request: '1s' } };
    kube.put(TRAFFIC_POLICIES, WEB, { spec });
    await pass(30_000);
    expect([...held.keys()]).toEqual(['TrafficPolicy default/web']);
    expect(health(TRAFFIC_POLICIES)).toMatchObject({ state: 'following', objects: 1 });
  });

  it('reads the older version of a kind where the server has not the newer one', async () => {
    kube.failWith('list', REFERENCE_GRANTS, 404, 1);
    const spec = {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'a' }],
      to: [{ group: '', kind: 'Service' }],
    };
    kube.put(REFERENCE_GRANTS, WEB, { spec });
    await start();
    expect(asked('list referencegrants')).toHaveLength(2);
    expect([...held.keys()]).toEqual(['ReferenceGrant default/web']);
    expect(synced()).toBe(1);
  });

  it('believes that a kind is gone, with all its objects, when the server has said so for 30 s', async () => {
    kube.put(HTTP_ROUTES, WEB, { spec: { parentRefs: [{ group: '', kind: 'Service', name: 'web' }], rules: [] } });
    await start();
    expect(held.size).toBe(1);
    chance = 0.5;
    kube.failWith('watch', HTTP_ROUTES, 404, 1_000);
    kube.failWith('list', HTTP_ROUTES, 404, 1_000);
    kube.endWatches(HTTP_ROUTES);
    for (let n = 0; n < 29; n += 1) await pass(1_000);
    expect(held.size).toBe(1);
    for (let n = 0; n < 30; n += 1) await pass(1_000);
    expect(held.size).toBe(0);
    expect(health(HTTP_ROUTES)?.state).toBe('absent');
  });

  it('says once, with the rule that is missing, what it may not read; the others go on, and it is not synced without it', async () => {
    kube.put(SERVICES, WEB, service());
    kube.failWith('list', HTTP_ROUTES, 403, 20, 'User "sa" cannot list resource "httproutes"');
    await start();
    for (let n = 0; n < 5; n += 1) await pass(30_000);
    expect(synced()).toBe(0);
    expect(held.size).toBe(1);
    expect(events.filter(({ kind }) => kind === 'issues')).toHaveLength(1);
    expect(issues()).toEqual([
      'kubernetes: can\'t list httproutes.gateway.networking.k8s.io of https://api.test: it answers 403: User "sa" cannot list resource "httproutes"; ' +
        'allow it with a rule of the ClusterRole that it is bound to: {apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes"], verbs: ["list", "watch"]}',
    ]);
    kube.mend();
    await pass(30_000);
    expect(synced()).toBe(1);
    expect(issues()).toEqual([]);
  });

  it('keeps everything while the server is away, says so once in one line, and catches up', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    await pass(10_000);
    const away = new KubeError('kube_unreachable', "can't watch services: connect ECONNREFUSED", 'start it');
    kube.fail('', away, 1_000);
    kube.endWatches(undefined, away);
    await turns(1);
    // A server that is replaced is no news.
    expect(issues()).toEqual([]);
    for (let n = 0; n < 10; n += 1) await pass(3_000);
    expect(issues()).toEqual([
      "kubernetes: the API server can't be reached: what it said last stays in force; can't watch services: connect ECONNREFUSED; start it",
    ]);
    expect(events.filter(({ kind }) => kind === 'issues')).toHaveLength(1);
    expect(health(SERVICES)).toMatchObject({ state: 'behind', trouble: expect.stringContaining('ECONNREFUSED') });
    expect(held.size).toBe(1);
    kube.put(SERVICES, { ...WEB, name: 'api' }, service());
    kube.mend();
    await pass(30_000);
    expect(held.size).toBe(2);
    expect(issues()).toEqual([]);
    expect(health(SERVICES)).toMatchObject({ state: 'following', trouble: '' });
  });

  it('lists everything again after a minute without the server, which may be one of an older backup', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    const away = new KubeError('kube_unreachable', 'gone');
    kube.fail('', away, 1_000);
    kube.endWatches(undefined, away);
    for (let n = 0; n < 25; n += 1) await pass(3_000);
    kube.mend();
    await pass(30_000);
    expect(asked('list services')).toHaveLength(2);
    expect(held.size).toBe(1);
  });

  it('keeps what an object said before when it comes in a form that it cannot read, and says where', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    kube.put(SERVICES, WEB, { spec: { ports: [{ port: 'eighty' }] } });
    await turns(1);
    expect(held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    expect(issues()).toEqual([
      'kubernetes:services/default/web: spec.ports[0].port: must be a number from 1 to 65535, not "eighty"; write a whole number from 1 to 65535',
    ]);
    kube.put(SERVICES, WEB, service(82));
    await turns(1);
    expect(held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 82 }] } });
    expect(issues()).toEqual([]);
  });

  it('tells how it does, kind by kind', async () => {
    kube.put(SERVICES, WEB, service());
    await start();
    await pass(4_000);
    expect(registry.health().kinds).toHaveLength(KINDS);
    expect(health(SERVICES)).toEqual({
      ...{ resource: 'services', state: 'following', objects: 1, lists: 1, watchRestarts: 0, failures: 0 },
      ...{ heardMsAgo: 4_000, trouble: '' },
    });
  });

  it('says why there is no client to ask with', async () => {
    const connect = () => Promise.reject(new Error('no module'));
    registry = new KubernetesRegistry({ connect, clock, random: { next: () => 0 } });
    await start();
    expect(issues()).toEqual(['kubernetes: no module']);
    expect(synced()).toBe(0);
  });
});
