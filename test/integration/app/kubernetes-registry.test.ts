// The control plane over an API server: what its pages say of it, and what clients are told meanwhile.
import { ControlPlaneApp } from '../../../src/app/control-plane-app.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { KubernetesRegistry } from '../../../src/control/registry/kubernetes.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import type { Registry } from '../../../src/control/registry/registry.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';
import { HTTP_ROUTES, SERVICES, SLICES } from '../../support/kube-resources.ts';
import { manifests } from '../../support/manifests.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedKube } from '../../support/scripted-kube.ts';
import { turns, until } from '../../support/until.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const WEB = { namespace: 'default', name: 'web' };
const LABELS = { labels: { 'kubernetes.io/service-name': 'web' } };

function endpoint(address: string, conditions: object = { ready: true }, rest: object = {}) {
  return { addresses: [address], conditions, ...rest };
}

describe('a control plane that reads an API server', () => {
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

  async function start(...beside: readonly Registry[]): Promise<void> {
    const registry = new KubernetesRegistry({
      connect: () => Promise.resolve(kube),
      clock,
      random: seededRandom(1),
      log: silentLog,
    });
    const addresses = { xdsAddress: LOOPBACK, adminAddress: LOOPBACK };
    app = new ControlPlaneApp({
      ...{ registries: [registry, ...beside], ...addresses, clusterDomain: 'cluster.local', clock, log: silentLog },
    });
    admin = renderSocketAddress((await app.start()).admin);
    await turns(2);
  }

  const page = async (path: string) => {
    const answer = await fetch(`http://${admin}${path}`);
    return { status: answer.status, text: await answer.text() };
  };

  const endpoints = async () => {
    const { text } = await page('/debug/snapshot');
    const { endpoints: all } = JSON.parse(text) as { endpoints: { localities: { endpoints: unknown[] }[] }[] };
    return all.flatMap(({ localities }) => localities.flatMap((one) => one.endpoints));
  };

  const slice = (endpoints: readonly object[]) =>
    kube.put(
      SLICES,
      { ...WEB, name: 'web-1' },
      {
        ...{ metadata: LABELS, addressType: 'IPv4', endpoints, ports: [{ name: '', port: 8080, protocol: 'TCP' }] },
      },
    );

  it('tells what slices say: ready, draining, gone, with zone and hints', async () => {
    slice([
      endpoint('10.0.0.1', { ready: true }, { zone: 'a', hints: { forZones: [{ name: 'a' }] } }),
      endpoint('10.0.0.2', { ready: false, serving: true, terminating: true }, { zone: 'a' }),
      endpoint('10.0.0.3', { ready: false, serving: false }, { zone: 'b' }),
    ]);
    await start();
    await app.ready;
    const told = await endpoints();
    expect(told).toHaveLength(2);
    expect(told).toMatchObject([
      { host: '10.0.0.1', port: 8080, health: 'healthy' },
      { host: '10.0.0.2', port: 8080, health: 'draining' },
    ]);
    slice([endpoint('10.0.0.4')]);
    await turns(2);
    clock.advance(100);
    expect(await endpoints()).toMatchObject([{ host: '10.0.0.4' }]);
  });

  it('is not ready before every kind is in, and says which it waits for', async () => {
    kube.failWith('list', HTTP_ROUTES, 403, 100);
    await start();
    expect((await page('/ready')).status).toBe(503);
    const { registries } = JSON.parse((await page('/debug/registries')).text);
    expect(registries).toMatchObject([{ name: 'kubernetes', synced: false }]);
    expect(registries[0].kinds).toHaveLength(8);
    expect(JSON.parse((await page('/debug/clients')).text).registries).toEqual(registries);
    kube.mend();
    clock.advance(1_000);
    await app.ready;
    expect((await page('/ready')).status).toBe(200);
  });

  it('merges with another registry: the later one wins, and both must have been read', async () => {
    kube.failWith('list', SLICES, 500, 1);
    const later = new MemoryRegistry('file:apps');
    const spec = '{clusterIP: 10.96.0.9, ports: [{port: 81}]}';
    later.upsert(...manifests(`apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: ${spec}\n`));
    await start(later);
    expect((await page('/ready')).status).toBe(503);
    clock.advance(1_000);
    await app.ready;
    const { clusters } = JSON.parse((await page('/debug/snapshot')).text) as { clusters: { name: string }[] };
    expect(clusters.map(({ name }) => name)).toEqual(['outbound|81|web.default.svc.cluster.local']);
    expect((await page('/debug/issues')).text).toContain(
      'Service default/web stands here and in kubernetes:services/default/web; this one counts, of the later registry',
    );
    later.delete({ kind: 'Service', ...WEB });
    const restored = JSON.parse((await page('/debug/snapshot')).text) as { clusters: { name: string }[] };
    expect(restored.clusters.map(({ name }) => name)).toEqual(['outbound|80|web.default.svc.cluster.local']);
  });

  it('has numbers for each kind', async () => {
    await start();
    await app.ready;
    clock.advance(2_000);
    const { text } = await page('/stats/prometheus');
    expect(text).toContain('\nswitchboard_registry_objects{registry="kubernetes",resource="services"} 1\n');
    expect(text).toContain('\nswitchboard_registry_heard_seconds{registry="kubernetes",resource="pods"} 2\n');
  });

  it('lets go of the server when it is closed', async () => {
    await start();
    await app.ready;
    await app.close();
    await until('all watches have ended', () => kube.openWatches.length === 0);
  });
});
