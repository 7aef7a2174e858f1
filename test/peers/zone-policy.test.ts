// The real Envoy on our control plane: a TrafficPolicy that is zone-aware counts for it too, where its bootstrap file names the cluster that it is of.

import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { ControlPlane } from '../../src/control/control-plane.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import { viewKey } from '../../src/control/translate/view.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../src/xds/server/ads-server.ts';
import { EnvoyPeer, httpGet } from '../support/envoy.ts';
import { manifests } from '../support/manifests.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { waitUntil } from '../support/wait-until.ts';
import { slice, startZone, zoneMesh } from '../support/zone-mesh.ts';

describeWithPeers('an Envoy whose own cluster comes from our control plane', ['envoy'], (paths) => {
  const registry = new MemoryRegistry();
  const ending: (() => unknown)[] = [];
  let envoy: EnvoyPeer;
  let port: number;

  beforeAll(async () => {
    const [east, west] = [await startZone('east'), await startZone('west')];
    ending.push(east.close, west.close);
    const plane = new ControlPlane({
      ...{ registries: [registry], clock: systemClock, log: silentLog, clusterDomain: 'cluster.local' },
    });
    const snapshotFor = (node: Parameters<typeof viewKey>[0]) => plane.state?.snapshotFor(node) ?? null;
    const cache = new SnapshotCache({ resolveView: viewKey, snapshotFor });
    const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
    ending.push(
      () => server.close(),
      () => plane.close(),
    );
    plane.subscribe(() => cache.refresh());
    registry.change(manifests(zoneMesh({ east: east.port, west: west.port }).join('')), []);
    plane.start();
    const bound = await server.start();
    envoy = await EnvoyPeer.start({
      path: paths['envoy'] ?? '',
      xdsPort: bound.port,
      nodeId: sidecarNodeId('127.0.9.1', 'front-1', 'default', 'cluster.local'),
      metadata: { OUTBOUND_ADDRESSES: ['127.0.0.1:0'] },
      home: { zone: 'east', serviceName: 'outbound|80|front.default.svc.cluster.local' },
    });
    ending.push(() => envoy.stop());
    port = await envoy.listenerPort('outbound');
  }, 30_000);

  afterAll(async () => {
    for (const end of ending.reverse()) await end();
  });

  const ask = async (): Promise<string> => (await httpGet(port, '/', 'web')).body;

  /** Requests that stayed because all do. */
  const stayed = async (): Promise<number> => {
    const name = 'cluster.outbound|80|web.default.svc.cluster.local.lb_zone_routing_all_directly: ';
    const line = (await envoy.admin('/stats')).split('\n').find((one) => one.startsWith(name));
    return Number(line?.slice(name.length) ?? 0);
  };

  it('keeps to its zone, and sends out what that cannot take when callers become more', async () => {
    await waitUntil('requests keep to zones', async () => {
      // It tells its listener before that accepts.
      await ask().catch(() => '');
      return (await stayed()) > 0 || null;
    });
    const seen = new Set<string>();
    for (let asked = 0; asked < 60; asked += 1) seen.add(await ask());
    expect([...seen]).toEqual(['east']);
    registry.change(manifests(slice('front', 'east', ['127.0.9.1', '127.0.9.2', '127.0.9.5', '127.0.9.6'], 9)), []);
    await waitUntil('west helps out', async () => ((await ask()) === 'west' ? true : null));
  });
});
