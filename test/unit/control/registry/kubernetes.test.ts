// The registry of an API server: what it reads, and how it follows.
import { KubeError } from '../../../../src/kube-api/kube-error.ts';
import { KubeRegistryScene } from '../../../support/kube-registry-scene.ts';
import {
  HTTP_ROUTES,
  PODS,
  REFERENCE_GRANTS,
  SERVICES,
  SLICES,
  TRAFFIC_POLICIES,
} from '../../../support/kube-resources.ts';
import { turns } from '../../../support/until.ts';

const WEB = { namespace: 'default', name: 'web' };
const service = (port = 80) => ({ spec: { clusterIP: '10.96.0.9', ports: [{ port }] } });
const KINDS = 8;

describe('the registry of an API server', () => {
  let scene: KubeRegistryScene;

  beforeEach(() => {
    scene = new KubeRegistryScene();
  });

  afterEach(() => scene.close());

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
      scene.kube.put(PODS, { namespace: 'default', name: `web-${n}` }, { metadata, spec, status });
    }
    await scene.start();
    expect(scene.asked('list pods')).toEqual(['list pods', 'list pods page 2', 'list pods page 3']);
    expect(scene.held.size).toBe(1_201);
    expect(scene.count('synced')).toBe(1);
    expect(scene.held.get('Pod default/web-0')).toMatchObject({
      metadata: { labels: { app: 'web' }, annotations: {} },
      spec: { nodeName: 'n1', containers: [] },
      status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  it('is synced when the last kind has told its list, and says meanwhile what it waits for', async () => {
    scene.kube.put(SERVICES, WEB, service());
    scene.kube.failWith('list', SLICES, 500, 2);
    await scene.start();
    expect(scene.count('synced')).toBe(0);
    expect(scene.held.size).toBe(1);
    expect(scene.issues).toEqual([
      "kubernetes: can't list endpointslices.discovery.k8s.io of https://api.test: it answers 500",
    ]);
    await scene.pass(1_000);
    expect(scene.count('synced')).toBe(0);
    await scene.pass(2_000);
    expect(scene.count('synced')).toBe(1);
    expect(scene.issues).toEqual([]);
  });

  it('follows what comes, changes and goes', async () => {
    await scene.start();
    scene.kube.put(SERVICES, WEB, service());
    await turns(1);
    expect(scene.held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    scene.kube.put(SERVICES, WEB, service(81));
    await turns(1);
    expect(scene.held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 81 }] } });
    scene.kube.remove(SERVICES, WEB);
    await turns(1);
    expect(scene.held.size).toBe(0);
  });

  it('tells nothing of what changes nothing: a status that was written, a heartbeat', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    const before = scene.count('changed');
    scene.kube.put(SERVICES, WEB, { ...service(), status: { loadBalancer: {} } });
    scene.kube.bookmark(SERVICES);
    await turns(1);
    expect(scene.count('changed')).toBe(before);
  });

  it('goes on where it was when a watch ends: at its last event, or at a later bookmark', async () => {
    await scene.start();
    scene.kube.put(SERVICES, WEB, service());
    await turns(1);
    await scene.pass(10_000);
    scene.kube.endWatches(SERVICES);
    await turns(1);
    scene.kube.bookmark(SERVICES, '77');
    await turns(1);
    await scene.pass(10_000);
    scene.kube.endWatches(SERVICES);
    await turns(1);
    expect(scene.asked('watch services')).toEqual([
      'watch services from 0',
      'watch services from 1',
      'watch services from 77',
    ]);
    expect(scene.asked('list services')).toHaveLength(1);
    expect(scene.health(SERVICES)).toMatchObject({ watchRestarts: 2, failures: 0, state: 'following' });
    expect(scene.issues).toEqual([]);
  });

  it('hears what happened while no watch was open', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    scene.kube.fail('watch services', new KubeError('kube_unreachable', 'gone'));
    scene.kube.endWatches(SERVICES);
    await turns(1);
    scene.kube.remove(SERVICES, WEB);
    scene.kube.put(SERVICES, { ...WEB, name: 'api' }, service());
    await scene.pass(3_000);
    expect([...scene.held.keys()]).toEqual(['Service default/api']);
    expect(scene.asked('list services')).toHaveLength(1);
  });

  it('lists again when a watch cannot go on, and removes what is gone only when the list is whole', async () => {
    for (let n = 0; n < 600; n += 1) scene.kube.put(SERVICES, { ...WEB, name: `web-${n}` }, service());
    await scene.start();
    const before = scene.count('changed');
    scene.kube.compact();
    scene.kube.fail('list services page 2', new KubeError('kube_unreachable', 'it broke'));
    scene.kube.endWatches(SERVICES, new KubeError('kube_unreachable', 'it broke'));
    await turns(1);
    scene.kube.remove(SERVICES, { ...WEB, name: 'web-0' });
    scene.kube.compact();
    await scene.pass(1_000);
    await scene.pass(2_000);
    expect(scene.asked('list services page 2')).toHaveLength(2);
    expect(scene.held.size).toBe(600);
    expect(scene.count('changed')).toBe(before);
    await scene.pass(4_000);
    expect(scene.asked('list services page 2')).toHaveLength(3);
    expect(scene.held.size).toBe(599);
    expect(scene.held.has('Service default/web-0')).toBe(false);
    // What stayed is not told again.
    expect(scene.events.findLast(({ kind }) => kind === 'changed')).toMatchObject({ upserted: [] });
  });

  it('goes on without a kind whose CRD is not installed, looks for it, and begins when it is there', async () => {
    scene.kube.failWith('list', TRAFFIC_POLICIES, 404, 1);
    await scene.start();
    expect(scene.count('synced')).toBe(1);
    expect(scene.issues).toEqual([]);
    expect(scene.log.take()).toContain(
      'info trafficpolicies.switchboard.dev: no CRD of that name is installed; it is looked for again',
    );
    expect(scene.health(TRAFFIC_POLICIES)).toMatchObject({ state: 'absent', failures: 0, trouble: '' });
    const spec = { targetRefs: [{ group: '', kind: 'Service', name: 'web' }], timeouts: { request: '1s' } };
    scene.kube.put(TRAFFIC_POLICIES, WEB, { spec });
    await scene.pass(30_000);
    expect([...scene.held.keys()]).toEqual(['TrafficPolicy default/web']);
    expect(scene.log.take()).toContain('info trafficpolicies.switchboard.dev: its CRD is installed now');
    expect(scene.health(TRAFFIC_POLICIES)).toMatchObject({ state: 'following', objects: 1 });
  });

  it('reads the older version of a kind where the server has not the newer one', async () => {
    scene.kube.failWith('list', REFERENCE_GRANTS, 404, 1);
    const spec = {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'a' }],
      to: [{ group: '', kind: 'Service' }],
    };
    scene.kube.put(REFERENCE_GRANTS, WEB, { spec });
    await scene.start();
    expect(scene.asked('list referencegrants')).toHaveLength(2);
    expect([...scene.held.keys()]).toEqual(['ReferenceGrant default/web']);
    expect(scene.count('synced')).toBe(1);
  });

  it('believes that a kind is gone, with all its objects, when the server has said so for 30 s', async () => {
    scene.kube.put(HTTP_ROUTES, WEB, {
      spec: { parentRefs: [{ group: '', kind: 'Service', name: 'web' }], rules: [] },
    });
    await scene.start();
    expect(scene.held.size).toBe(1);
    scene.chance = 0.5;
    scene.kube.failWith('watch', HTTP_ROUTES, 404, 1_000);
    scene.kube.failWith('list', HTTP_ROUTES, 404, 1_000);
    scene.kube.endWatches(HTTP_ROUTES);
    for (let n = 0; n < 29; n += 1) await scene.pass(1_000);
    expect(scene.held.size).toBe(1);
    for (let n = 0; n < 30; n += 1) await scene.pass(1_000);
    expect(scene.held.size).toBe(0);
    expect(scene.health(HTTP_ROUTES)?.state).toBe('absent');
  });

  it('keeps what an object said before when it comes in a form that it cannot read, and says where', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    scene.kube.put(SERVICES, WEB, { spec: { ports: [{ port: 'eighty' }] } });
    await turns(1);
    expect(scene.held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    expect(scene.issues).toEqual([
      'kubernetes:services/default/web: spec.ports[0].port: must be a number from 1 to 65535, not "eighty"; write a whole number from 1 to 65535',
    ]);
    scene.kube.put(SERVICES, WEB, service(82));
    await turns(1);
    expect(scene.held.get('Service default/web')).toMatchObject({ spec: { ports: [{ port: 82 }] } });
    expect(scene.issues).toEqual([]);
  });

  it('tells how it does, kind by kind', async () => {
    scene.kube.put(SERVICES, WEB, service());
    await scene.start();
    await scene.pass(4_000);
    expect(scene.registry.health().kinds).toHaveLength(KINDS);
    expect(scene.health(SERVICES)).toEqual({
      ...{ resource: 'services', state: 'following', objects: 1, lists: 1, watchRestarts: 0, failures: 0 },
      ...{ heardMsAgo: 4_000, trouble: '' },
    });
  });
});
