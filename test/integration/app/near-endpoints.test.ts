// From a manifest to the pod that answers: Services that prefer endpoints near their callers, or keep to their node.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../../src/xds/server/ads-server.ts';
import { TextMesh } from '../../support/mesh-text.ts';
import { send } from '../../support/routed-request.ts';
import { createSidecar } from '../../support/side-by-side.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Answers with its name. */
async function startPod(name: string): Promise<number> {
  const server = createServer((_request, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

interface Pod {
  readonly name: string;
  readonly zone: string;
  readonly node: string;
}

const PODS: readonly Pod[] = [
  { name: 'a', zone: 'east', node: 'n1' },
  { name: 'b', zone: 'east', node: 'n2' },
  { name: 'c', zone: 'west', node: 'n3' },
];

/** A Service with an EndpointSlice for each pod, as each is on a port of its own. */
async function manifests(spec: string): Promise<string> {
  const slices = await Promise.all(
    PODS.map(
      async ({ name, zone, node }) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-${name}, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: '', port: ${await startPod(name)}, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1], zone: ${zone}, nodeName: ${node}}]
`,
    ),
  );
  return `---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{port: 80}], ${spec}}
${slices.join('')}`;
}

/** Who answers twelve requests of a sidecar at that place, and how. */
async function answers(spec: string, zone: string, node: string): Promise<string> {
  const told = new TextMesh(await manifests(spec)).snapshot();
  const listeners = [...told.listeners].map(([name, one]) => [name, { ...one, address: ANY_PORT }] as const);
  const snapshot = { ...told, listeners: new Map(listeners) };
  const cache = new SnapshotCache({ resolveView: () => 'default', snapshotFor: () => snapshot });
  const server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log: silentLog });
  const { port } = await server.start();
  closers.push(() => server.close());
  const settings = { SWITCHBOARD_ZONE: zone, SWITCHBOARD_NODE_NAME: node };
  const sidecar = createSidecar(port, { ...settings, SWITCHBOARD_XDS_SCOPE: 'all' });
  await sidecar.start();
  closers.push(() => sidecar.close());
  const outbound = await waitUntil('the sidecar listens', () => {
    const [listener] = sidecar.dataPlane.listeners;
    return listener?.listening === true ? (listener.addresses[0]?.port ?? null) : null;
  });
  const seen = new Set<string>();
  for (let i = 0; i < 12; i += 1) {
    const { status, body } = await send(outbound, { host: 'web', path: '/' });
    seen.add(status === 200 ? body : String(status));
  }
  return [...seen].sort().join(' ');
}

describe('a Service', () => {
  it.each([
    ['trafficDistribution: PreferClose', 'east', 'n1', 'a b'],
    ['trafficDistribution: PreferSameNode', 'east', 'n2', 'b'],
    ['trafficDistribution: PreferSameNode', 'east', 'n9', 'a b'],
    ['trafficDistribution: PreferSameZone', 'south', 'n9', 'a b c'],
    ['internalTrafficPolicy: Local', 'west', 'n3', 'c'],
    ['internalTrafficPolicy: Local', 'west', 'n9', '503'],
    ['internalTrafficPolicy: Local', '', '', 'a b c'],
    ['type: ClusterIP', 'east', 'n1', 'a b c'],
  ])('with %s answers a caller in "%s" on "%s" by %s', async (spec, zone, node, expected) => {
    expect(await answers(spec, zone, node)).toBe(expected);
  });
});
