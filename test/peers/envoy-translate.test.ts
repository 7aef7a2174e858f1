// The real Envoy as judge of the translation: it takes whatever manifests make, and every form of a name leads where it should.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { ControlPlane } from '../../src/control/control-plane.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import { viewKey } from '../../src/control/translate/view.ts';
import { keyOf } from '../../src/kube/objects.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../src/xds/server/ads-server.ts';
import { EnvoyPeer, httpGet } from '../support/envoy.ts';
import { manifests } from '../support/manifests.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { send, startToldBackend } from '../support/routed-request.ts';
import { waitUntil } from '../support/wait-until.ts';

const GOLDEN = fileURLToPath(new URL('../golden/translate', import.meta.url));
const CASES = readdirSync(GOLDEN).sort();

/** A Service with written endpoints, a headless one with a named pod, and one of another namespace; all answer with the path they have. */
function mesh(port: number): string {
  const slice = (service: string, namespace: string, rest: string) =>
    `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ${service}, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${service}}}\naddressType: IPv4\nports: [{port: ${port}}]\nendpoints: [{addresses: [127.0.0.1]${rest}}]\n`;
  const service = (name: string, namespace: string, rest: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {${rest}ports: [{port: 80, targetPort: ${port}}]}\n`;
  return (
    service('api', 'default', 'clusterIP: 10.96.0.10, ') +
    slice('api', 'default', '') +
    service('db', 'default', 'clusterIP: None, ') +
    slice('db', 'default', ', hostname: db-0') +
    service('cart', 'shop', 'clusterIPs: ["fd00:96::1"], clusterIP: "fd00:96::1", ') +
    slice('cart', 'shop', '')
  );
}

describeWithPeers('Envoy as judge of the translation', ['envoy'], (paths) => {
  const registry = new MemoryRegistry();
  const plane = new ControlPlane({
    registries: [registry],
    clock: systemClock,
    log: silentLog,
    clusterDomain: 'cluster.local',
  });
  const cache = new SnapshotCache({
    resolveView: viewKey,
    snapshotFor: (node) => plane.state?.snapshotFor(node) ?? null,
  });
  const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
  let backend: Server;
  let backendPort: number;
  let envoy: EnvoyPeer;
  let port: number;

  const types = () => server.connectedClients()[0]?.types ?? [];
  const settled = () =>
    waitUntil('Envoy has answered to all four types', () =>
      types().filter((type) => type.synced || type.nack !== null).length === 4 ? true : null,
    );

  async function serve(text: string): Promise<void> {
    const upserted = manifests(text);
    const kept = new Set(upserted.map(({ object }) => JSON.stringify(keyOf(object))));
    registry.change(
      upserted,
      held.filter((key) => !kept.has(JSON.stringify(key))),
    );
    held = upserted.map(({ object }) => keyOf(object));
    // Additions wait for 50 ms: a state that says the same is not announced, so the wait is on the clock.
    await new Promise((resolve) => systemClock.after(60, () => resolve(null)));
    await settled();
  }
  let held: ReturnType<typeof keyOf>[] = [];

  beforeAll(async () => {
    backend = createServer((incoming, response) => response.end(incoming.url));
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    backendPort = (backend.address() as AddressInfo).port;
    plane.subscribe(() => cache.refresh());
    plane.start();
    const bound = await server.start();
    envoy = await EnvoyPeer.start({
      path: paths['envoy'] ?? '',
      xdsPort: bound.port,
      nodeId: sidecarNodeId('127.0.0.1', 'client-abcde', 'default', 'cluster.local'),
      metadata: { OUTBOUND_ADDRESSES: ['127.0.0.1:0'] },
    });
    await serve(mesh(backendPort));
    port = await envoy.listenerPort('outbound');
  }, 30_000);

  afterAll(async () => {
    plane.close();
    await envoy?.stop();
    await server.close();
    backend?.close();
  });

  it.each([
    'api',
    'api.default',
    'api.default.svc',
    'api.default.svc.cluster.local',
    'db',
    'db-0.db',
    'db-0.db.default.svc.cluster.local',
    'cart.shop',
    'cart.shop.svc',
  ])('takes %s, with and without a final dot and a port', async (name) => {
    for (const host of [name, `${name}:80`, `${name}.`, `${name}.:80`]) {
      expect(await httpGet(port, '/data', host)).toEqual({ status: 200, body: '/data' });
    }
  });

  it.each([
    ['10.96.0.10', 200],
    ['10.96.0.10:80', 200],
    ['[fd00:96::1]', 200],
    ['[fd00:96::1]:80', 200],
    ['api:81', 404],
    ['cart', 404],
    ['db-1.db', 404],
  ])('answers %s with %i', async (host, status) => {
    expect((await httpGet(port, '/', host)).status).toBe(status);
  });

  it('takes the target port of a headless Service and of its pod', async () => {
    for (const host of [`db:${backendPort}`, `db-0.db:${backendPort}`]) {
      expect((await httpGet(port, '/', host)).status).toBe(200);
    }
  });

  it('keeps sessions by the annotation that our sidecars obey: 12 requests of each caller to one of three pods', async () => {
    const others = await Promise.all(['a', 'b', 'c'].map(startToldBackend));
    const slices = others.map(
      ({ address }, index) =>
        `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s${index}, labels: {kubernetes.io/service-name: shop}}\naddressType: IPv4\nports: [{port: ${address.port}}]\nendpoints: [{addresses: [127.0.0.1]}]\n`,
    );
    const annotations = "annotations: {switchboard.dev/affinity: 'cookie:cart'}";
    const service = `apiVersion: v1\nkind: Service\nmetadata: {name: shop, ${annotations}}\nspec: {clusterIP: 10.96.0.30, ports: [{port: 80}]}\n`;
    await serve(service + slices.join(''));
    const homes = new Set<string>();
    for (let caller = 0; caller < 6; caller += 1) {
      const first = await send(port, { host: 'shop', path: '/' });
      const [cookie = ''] = (first.fields['set-cookie'] ?? '').split(';');
      homes.add(first.seen?.backend ?? '');
      for (let turn = 0; turn < 12; turn += 1) {
        const { seen, fields } = await send(port, { host: 'shop', path: '/', headers: [['cookie', cookie]] });
        expect([seen?.backend, fields['set-cookie']]).toEqual([first.seen?.backend, undefined]);
      }
    }
    expect(homes.size).toBeGreaterThan(1);
    for (const other of others) other.server.close();
  });

  it.each(CASES)('takes what %s makes', async (name) => {
    await serve(readFileSync(`${GOLDEN}/${name}/input.yaml`, 'utf8'));
    expect(types().map((type) => [type.shortName, type.nack, type.synced])).toEqual([
      ['CDS', null, true],
      ['EDS', null, true],
      ['LDS', null, true],
      ['RDS', null, true],
    ]);
  });
});
