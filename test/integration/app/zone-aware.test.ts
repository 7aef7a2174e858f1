// From a TrafficPolicy to the pod that answers: a control plane tells a sidecar what its pod is behind, and requests keep to its zone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { get } from '../../support/raw-client.ts';
import { waitUntil } from '../../support/wait-until.ts';

const mesh = new AppMesh();
afterEach(() => mesh.close());

/** Answers with its zone, on every loopback address. */
async function startZone(zone: string): Promise<number> {
  const server = createServer((_request, response) => response.end(zone));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  mesh.atEnd(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

function slice(service: string, zone: string, addresses: readonly string[], port: number): string {
  const endpoints = addresses.map((address) => `{addresses: [${address}], zone: ${zone}}`);
  return `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${service}-${zone}, labels: {kubernetes.io/service-name: ${service}}}
addressType: IPv4
ports: [{name: '', port: ${port}, protocol: TCP}]
endpoints: [${endpoints.join(', ')}]
`;
}

function service(name: string, selector: string): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80}], selector: ${selector}}
`;
}

const POD = `---
apiVersion: v1
kind: Pod
metadata: {name: front-1, labels: {app: front, tier: edge}}
spec: {containers: [{name: app, image: none}]}
`;

const three = (net: number): string[] => [1, 2, 3].map((host) => `127.0.${net}.${host}`);

it('zone-aware: a caller in a zone with its share of pods stays there, and sends out what they cannot take when callers become more', async () => {
  const [east, west] = [await startZone('east'), await startZone('west')];
  mesh.write(
    POD,
    service('front', '{app: front}'),
    service('front-edge', '{app: front, tier: edge}'),
    slice('front', 'east', ['127.0.9.1', '127.0.9.2'], 9),
    slice('front', 'west', ['127.0.9.3', '127.0.9.4'], 9),
    service('web', '{app: web}'),
    slice('web', 'east', three(1), east),
    slice('web', 'west', three(2), west),
    `---
apiVersion: switchboard.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: web}
spec:
  targetRefs: [{name: web}]
  loadBalancer: {type: round-robin, locality: zone-aware}
`,
  );
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
