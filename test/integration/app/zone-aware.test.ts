// From a TrafficPolicy to the pod that answers: a control plane tells a sidecar what its pod is behind, and requests keep to its zone.
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { get } from '../../support/raw-client.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { slice, startZone, zoneMesh } from '../../support/zone-mesh.ts';

const mesh = new AppMesh();
afterEach(() => mesh.close());

it('zone-aware: a caller in a zone with its share of pods stays there, and sends out what they cannot take when callers become more', async () => {
  const zones = [await startZone('east'), await startZone('west')] as const;
  for (const { close } of zones) mesh.atEnd(close);
  const [{ port: east }, { port: west }] = zones;
  mesh.write(...zoneMesh({ east, west }));
  const { port } = await mesh.controlPlane();
  const { app, client, held } = await mesh.sidecar(port, {
    SWITCHBOARD_POD_NAME: 'front-1',
    SWITCHBOARD_POD_NAMESPACE: 'default',
    SWITCHBOARD_POD_IP: '127.0.9.1',
    SWITCHBOARD_ZONE: 'east',
  });
  const caller = await client();
  const ask = async (): Promise<string> => (await caller.ask(get('web'))).text;
  const stat = (name: string) =>
    listStats([app.dataPlane]).get(`cluster.outbound|80|web.default.svc.cluster.local.${name}`);
  expect(held()).toEqual([]);
  await waitUntil('requests keep to zones', async () => {
    await ask();
    return (stat('lb_zone_routing_all_directly') ?? 0) > 0 || null;
  });
  expect(held().sort()).toEqual(['front', 'web'].map((name) => `outbound|80|${name}.default.svc.cluster.local`));
  const seen = new Set<string>();
  for (let asked = 0; asked < 60; asked += 1) seen.add(await ask());
  expect([...seen]).toEqual(['east']);
  mesh.write(slice('front', 'east', ['127.0.9.1', '127.0.9.2', '127.0.9.5', '127.0.9.6'], 9));
  await waitUntil('west helps out', async () => (await ask()) === 'west' || null);
  expect(stat('lb_zone_routing_cross_zone')).toBeGreaterThan(0);
});
