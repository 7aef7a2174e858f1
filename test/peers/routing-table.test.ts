// The real Envoy and our sidecar side by side on one control plane: the same request gets the same answer, and the backend sees the same request.

import { ProxyApp } from '../../src/app/proxy-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../src/config/index.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../src/xds/server/ads-server.ts';
import { EnvoyPeer } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { comparable } from '../support/proxy-differences.ts';
import { send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { DIFFERENT_CASES, ROUTING_CASES, summaryOf } from '../support/routing-cases.ts';
import { routingSnapshot, TABLE, TABLE_CONFIG } from '../support/routing-snapshot.ts';
import { waitUntil } from '../support/wait-until.ts';

describeWithPeers('Envoy and the sidecar, side by side', ['envoy'], (paths) => {
  let backends: readonly ToldBackend[] = [];
  let server: AdsServer;
  let envoy: EnvoyPeer;
  let sidecar: ProxyApp;
  const envoyPorts = new Map<string, number>();
  const sidecarPorts = new Map<string, number>();

  beforeAll(async () => {
    backends = await Promise.all(['a', 'b', 'c'].map(startToldBackend));
    const [a, b, c] = backends.map(({ address }) => [address]);
    const snapshot = routingSnapshot({ a: a ?? [], b: b ?? [], c: c ?? [], empty: [] });
    const cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => snapshot });
    server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
    const { port } = await server.start();
    sidecar = startSidecar(port);
    await sidecar.start();
    const nodeId = sidecarNodeId('127.0.0.1', 'envoy', 'default', 'cluster.local');
    envoy = await EnvoyPeer.start({ path: paths['envoy'] ?? '', xdsPort: port, nodeId });
    for (const name of snapshot.listeners.keys()) {
      envoyPorts.set(name, await envoy.listenerPort(name));
      sidecarPorts.set(name, await listenerPort(sidecar, name));
      // Envoy tells the port before it accepts connections.
      const any = { host: 'nobody.test', path: '/' };
      await waitUntil(
        'Envoy accepts',
        async () => (await send(envoyPorts.get(name) ?? 0, any).catch(() => null)) && true,
      );
    }
  }, 30_000);

  afterAll(async () => {
    await envoy?.stop();
    await sidecar?.close();
    await server?.close();
    for (const backend of backends) backend.server.close().closeAllConnections();
  });

  it(`has ${ROUTING_CASES.length} cases, at least 60`, () => {
    expect(ROUTING_CASES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ROUTING_CASES.map(({ listener, title, method }) => `${listener} ${title} ${method}`)).size).toBe(
      ROUTING_CASES.length,
    );
  });

  it('is configured without a refusal by either', () => {
    const refused = server.connectedClients().flatMap(({ types }) => types.map(({ nack }) => nack));
    expect(refused.filter((nack) => nack !== null)).toEqual([]);
    expect(server.connectedClients()).toHaveLength(2);
  });

  it.each(ROUTING_CASES.map((one) => [`${one.listener}: ${one.method ?? 'GET'} ${one.title}`, one] as const))(
    '%s',
    async (_, one) => {
      const [theirs, ours] = await Promise.all([
        send(envoyPorts.get(one.listener) ?? 0, one),
        send(sidecarPorts.get(one.listener) ?? 0, one),
      ]);
      expect(comparable(ours)).toEqual(comparable(theirs));
      expect(summaryOf(ours)).toBe(one.is);
    },
  );

  it.each(DIFFERENT_CASES.map((one) => [one.title, one.why, one] as const))(
    'differs on purpose: %s, as %s',
    async (...[, , one]) => {
      const [theirs, ours] = await Promise.all([
        send(envoyPorts.get(one.listener) ?? 0, one),
        send(sidecarPorts.get(one.listener) ?? 0, one),
      ]);
      expect([summaryOf(ours), summaryOf(theirs)]).toEqual([one.is, one.envoy]);
    },
  );

  it('shares 600 requests by weights of 70, 20 and 10, each within 6 points', async () => {
    const wanted = { a: 70, b: 20, c: 10 };
    for (const ports of [envoyPorts, sidecarPorts]) {
      const shares = await sharesOf(ports.get(TABLE) ?? 0, 600);
      for (const [name, share] of Object.entries(wanted)) {
        expect(Math.abs((shares.get(name) ?? 0) - share)).toBeLessThanOrEqual(6);
      }
    }
  }, 20_000);
});

function startSidecar(xdsPort: number): ProxyApp {
  const settings = parseSettings(PROXY_SETTINGS, {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
    SWITCHBOARD_ACCESS_LOG: 'off',
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.issues));
  const outside = { clock: systemClock, random: systemRandom, log: silentLog };
  return new ProxyApp({ settings: settings.value, adminAddress: null, ...outside, onQuit: () => {} });
}

function listenerPort(sidecar: ProxyApp, name: string): Promise<number> {
  return waitUntil(`the sidecar has the listener ${name}`, () => {
    const listener = sidecar.dataPlane.listeners.find((one) => one.name === name);
    return listener?.listening === true ? (listener.addresses[0]?.port ?? null) : null;
  });
}

/** Percent of `count` requests by backend. */
async function sharesOf(port: number, count: number): Promise<ReadonlyMap<string, number>> {
  const shares = new Map<string, number>();
  const [domain = ''] = TABLE_CONFIG.virtualHosts.find(({ name }) => name === 'weights')?.domains ?? [];
  for (let sent = 0; sent < count; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(port, { host: domain, path: '/' })));
    for (const { seen } of answers) {
      shares.set(seen?.backend ?? '', (shares.get(seen?.backend ?? '') ?? 0) + 100 / count);
    }
  }
  return shares;
}
