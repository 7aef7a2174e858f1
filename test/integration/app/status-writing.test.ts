// The control plane over an API server: what it writes into the status of routes and policies there.
import { ControlPlaneApp } from '../../../src/app/control-plane-app.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { KubernetesRegistry } from '../../../src/control/registry/kubernetes.ts';
import { LEASES } from '../../../src/control/status/lease-record.ts';
import type { KubeValue } from '../../../src/kube-api/kube-client.ts';
import type { KubeResource } from '../../../src/kube-api/kube-resource.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { HTTP_ROUTES, SERVICES, TRAFFIC_POLICIES } from '../../support/kube-resources.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedKube } from '../../support/scripted-kube.ts';
import { turns } from '../../support/until.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const WEB = { namespace: 'default', name: 'web' };
const ROUTE = { namespace: 'default', name: 'cart' };
const LEASE = { namespace: 'mesh', name: 'switchboard-status' };

const parentRefs = [{ group: '', kind: 'Service', name: 'web' }];
const to = (name: string) => ({ parentRefs, rules: [{ backendRefs: [{ name, port: 80 }] }] });

describe('a control plane that writes status', () => {
  let app: ControlPlaneApp;
  let admin: string;
  let kube: ScriptedKube;
  let clock: ManualClock;

  beforeEach(() => {
    kube = new ScriptedKube();
    clock = new ManualClock();
    kube.put(SERVICES, WEB, { spec: { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [{ port: 80 }] } });
  });

  afterEach(() => app.close());

  async function start(statusNamespace?: string): Promise<void> {
    const registry = new KubernetesRegistry({
      connect: () => Promise.resolve(kube),
      clock,
      random: seededRandom(1),
      log: silentLog,
    });
    app = new ControlPlaneApp({
      ...{ registries: [registry], xdsAddress: LOOPBACK, adminAddress: LOOPBACK, clusterDomain: 'cluster.local' },
      ...{ clock, log: silentLog, ...(statusNamespace === undefined ? {} : { statusNamespace }) },
    });
    admin = renderSocketAddress((await app.start()).admin);
    await app.ready;
    await pass(1_000);
  }

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(Math.min(left, 50));
      await turns(3);
    }
  }

  const statusOf = async (resource: KubeResource, ref: typeof ROUTE) => (await kube.read(resource, ref))?.['status'];
  const putRoute = (generation: number, spec: KubeValue, status?: unknown) =>
    kube.put(HTTP_ROUTES, ROUTE, { metadata: { generation }, spec, ...(status === undefined ? {} : { status }) });
  const metrics = async () => await (await fetch(`http://${admin}/stats/prometheus`)).text();
  const writes = () => kube.asked.filter((ask) => ask.startsWith('patch'));

  it('tells a route what is wrong with it, and that it is right, with the generation', async () => {
    putRoute(1, to('gone'));
    await start('mesh');
    expect(await statusOf(HTTP_ROUTES, ROUTE)).toMatchObject({
      parents: [
        {
          parentRef: { group: '', kind: 'Service', name: 'web' },
          controllerName: 'switchboard.dev/mesh',
          conditions: [
            { type: 'Accepted', status: 'True', observedGeneration: 1 },
            { type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', observedGeneration: 1 },
          ],
        },
      ],
    });
    putRoute(2, to('web'), await statusOf(HTTP_ROUTES, ROUTE));
    await pass(1_000);
    expect(await statusOf(HTTP_ROUTES, ROUTE)).toMatchObject({
      parents: [{ conditions: [{}, { type: 'ResolvedRefs', status: 'True', observedGeneration: 2 }] }],
    });
    expect(writes()).toHaveLength(2);
    const text = await metrics();
    expect(text).toContain('\nswitchboard_status_leads 1\n');
    expect(text).toContain('\nswitchboard_status_writes_total 2\n');
    expect(text).toContain('\nswitchboard_status_waiting 0\n');
  });

  it('tells policies of one target which of them counts', async () => {
    const policy = (name: string, creationTimestamp: string) => {
      const spec = { targetRefs: [{ group: '', kind: 'Service', name: 'web' }], timeouts: { request: '1s' } };
      const metadata = { generation: 1, creationTimestamp };
      kube.put(TRAFFIC_POLICIES, { namespace: 'default', name }, { metadata, spec });
    };
    policy('older', '2026-01-01T00:00:00Z');
    policy('newer', '2026-01-02T00:00:00Z');
    await start('mesh');
    const ofPolicy = (name: string) => statusOf(TRAFFIC_POLICIES, { namespace: 'default', name });
    expect(await ofPolicy('older')).toMatchObject({ ancestors: [{ conditions: [{ status: 'True' }] }] });
    expect(await ofPolicy('newer')).toMatchObject({
      ancestors: [
        {
          ancestorRef: { group: '', kind: 'Service', namespace: 'default', name: 'web' },
          conditions: [
            { status: 'False', reason: 'Conflicted', message: expect.stringContaining('TrafficPolicy "older"') },
          ],
        },
      ],
    });
  });

  it('translates nothing for what it has written itself', async () => {
    putRoute(1, to('gone'));
    await start('mesh');
    const version = async () => JSON.parse(await (await fetch(`http://${admin}/debug/clients`)).text()).version;
    const before = await version();
    expect(writes()).toHaveLength(1);
    await pass(3_000);
    expect(await version()).toBe(before);
    expect(writes()).toHaveLength(1);
  });

  it('says of a route that can’t be read why, while what it said before holds on', async () => {
    putRoute(1, to('web'));
    await start('mesh');
    putRoute(2, { ...to('web'), rules: 'all' }, await statusOf(HTTP_ROUTES, ROUTE));
    await pass(1_000);
    expect(await statusOf(HTTP_ROUTES, ROUTE)).toMatchObject({
      parents: [{ conditions: [{ status: 'False', reason: 'UnsupportedValue', observedGeneration: 2 }] }],
    });
    const { routes } = JSON.parse(await (await fetch(`http://${admin}/debug/gateway-routes`)).text());
    expect(routes).toMatchObject([{ name: 'cart', parents: [{ conditions: [{ status: 'True' }, {}] }] }]);
  });

  it('takes its entry away from a route that is not for a Service any more', async () => {
    putRoute(1, to('web'));
    await start('mesh');
    const edge = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' };
    putRoute(2, { ...to('web'), parentRefs: [edge] }, await statusOf(HTTP_ROUTES, ROUTE));
    await pass(1_000);
    expect(await statusOf(HTTP_ROUTES, ROUTE)).toEqual({ parents: [] });
  });

  it('lets the lease go when it drains, before it has ended', async () => {
    await start('mesh');
    expect((await kube.read(LEASES, LEASE))?.['spec']).not.toMatchObject({ holderIdentity: '' });
    await app.drain(1_000);
    expect((await kube.read(LEASES, LEASE))?.['spec']).toMatchObject({ holderIdentity: '' });
  });

  it('asks for no lease and writes nothing where that is not wanted, and has no numbers of it', async () => {
    putRoute(1, to('gone'));
    await start();
    await pass(5_000);
    expect(writes()).toEqual([]);
    expect(kube.asked.filter((ask) => ask.includes('lease'))).toEqual([]);
    expect(await metrics()).not.toContain('switchboard_status');
  });
});
