// The real Envoy as a client of our control plane's server: it takes what we send, and what it says to that is seen.
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { AdsServer } from '../../src/xds/server/ads-server.ts';
import { EnvoyPeer, httpGet } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { sampleSnapshot } from '../support/sample-snapshot.ts';
import { waitUntil } from '../support/wait-until.ts';

const NODE_ID = sidecarNodeId('127.0.0.1', 'client-abcde', 'default', 'cluster.local');
const API = 'my-api-service';

interface Backend {
  readonly name: string;
  readonly server: Server;
  readonly address: { readonly host: string; readonly port: number };
}

/** A pod that answers with its own name. */
async function startBackend(name: string): Promise<Backend> {
  const server = createServer((incoming, response) => response.end(JSON.stringify({ pod: name, path: incoming.url })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { name, server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

const VARIANTS = [
  { title: 'state of the world', apiType: 'GRPC', protocol: 'sotw ads' },
  { title: 'incremental', apiType: 'DELTA_GRPC', protocol: 'delta ads' },
] as const;

describeWithPeers('Envoy as a client of the ADS server', ['envoy'], (paths) => {
  // One promise each, whatever the variant of the protocol.
  describe.each(VARIANTS)('$title', ({ apiType, protocol }) => {
    // Port 0: Envoy asks the system for one, and the tests ask Envoy.
    const listen = { host: '127.0.0.1', port: 0 };
    let backends: readonly Backend[] = [];
    let snapshot: Snapshot;
    let cache: SnapshotCache;
    let server: AdsServer;
    let xdsPort: number;
    let envoy: EnvoyPeer;
    let port: number;

    /** Services by name, each with the backends of these numbers. */
    function services(pods: Readonly<Record<string, readonly number[]>>): Snapshot {
      return sampleSnapshot({
        listen,
        services: Object.entries(pods).map(([name, numbers]) => ({
          name,
          endpoints: backends.filter((_, index) => numbers.includes(index)).map((backend) => backend.address),
        })),
      });
    }

    async function serve(onPort: number): Promise<number> {
      cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => snapshot });
      server = new AdsServer({ host: '127.0.0.1', port: onPort, cache, clock: systemClock, log: silentLog });
      return (await server.start()).port;
    }

    function publish(next: Snapshot): void {
      snapshot = next;
      cache.refresh();
    }

    const types = () => server.connectedClients().find((client) => client.nodeId === NODE_ID)?.types ?? [];
    const synced = () =>
      waitUntil('Envoy has acknowledged all four types', () =>
        types().filter((type) => type.synced).length === 4 ? true : null,
      );

    async function podsOf(host: string, calls: number): Promise<string[]> {
      const pods: string[] = [];
      for (let call = 0; call < calls; call += 1) {
        const { status, body } = await httpGet(port, '/data', host);
        pods.push(status === 200 ? (JSON.parse(body) as { pod: string }).pod : `status ${status}`);
      }
      return pods;
    }

    beforeAll(async () => {
      backends = await Promise.all(['pod-0', 'pod-1', 'pod-2'].map(startBackend));
      snapshot = services({ [API]: [0, 1, 2] });
      xdsPort = await serve(0);
      envoy = await EnvoyPeer.start({ path: paths['envoy'] ?? '', xdsPort, nodeId: NODE_ID, apiType });
      port = await envoy.listenerPort('outbound');
    }, 30_000);

    afterAll(async () => {
      await envoy?.stop();
      await server?.close();
      for (const backend of backends) backend.server.close();
    });

    beforeEach(async () => {
      publish(services({ [API]: [0, 1, 2] }));
      await synced();
    });

    it('acknowledges clusters, endpoints, listeners and routes', () => {
      expect(types().map((type) => [type.shortName, type.nack])).toEqual([
        ['CDS', null],
        ['EDS', null],
        ['LDS', null],
        ['RDS', null],
      ]);
      for (const type of types()) expect(type.ackedVersion).toBe(type.sentVersion);
      expect(server.connectedClients()[0]?.protocol).toBe(protocol);
    });

    it('answers three calls from three pods, under every form of the name', async () => {
      expect((await podsOf(API, 3)).sort()).toEqual(['pod-0', 'pod-1', 'pod-2']);
      const names = [`${API}:80`, `${API}.default`, `${API}.default.svc`, `${API}.default.svc.cluster.local`];
      for (const name of names) expect(await podsOf(name, 1)).toEqual([expect.stringMatching(/^pod-/)]);
    });

    it('answers 404 to a host that nobody is', async () => {
      expect((await httpGet(port, '/', 'nobody')).status).toBe(404);
    });

    it('ends a CONNECT to a Service name and carries the bytes', async () => {
      const status = await new Promise<number>((resolve, reject) => {
        const call = request({ host: '127.0.0.1', port, method: 'CONNECT', path: `${API}:80`, agent: false });
        call.on('connect', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode ?? 0);
        });
        call.on('error', reject);
        call.end();
      });
      expect(status).toBe(200);
    });

    it('follows a change of endpoints', async () => {
      publish(services({ [API]: [2] }));
      await synced();
      expect(await podsOf(API, 3)).toEqual(['pod-2', 'pod-2', 'pod-2']);
    });

    it('fails no call while its cluster changes: the new version warms with endpoints that are sent again', async () => {
      let running = true;
      const calls = (async () => {
        const pods = new Set<string>();
        while (running) for (const pod of await podsOf(API, 1)) pods.add(pod);
        return pods;
      })();
      for (const connectTimeoutMs of [1_000, 2_000, 3_000]) {
        const clusters = new Map([...snapshot.clusters].map(([name, spec]) => [name, { ...spec, connectTimeoutMs }]));
        publish({ ...snapshot, clusters });
        await synced();
        const active = async () =>
          (await envoy.admin('/config_dump')).includes('dynamic_warming_clusters') ? null : true;
        // Without the endpoints sent again Envoy would wait for 15 s.
        await waitUntil('the cluster is warm', active, 2_000);
      }
      running = false;
      expect([...(await calls)].sort()).toEqual(['pod-0', 'pod-1', 'pod-2']);
    });

    it('never answers 503 for a Service that is new, or has moved to another cluster', async () => {
      const seen = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        const name = `fresh-${round}`;
        publish(services({ [API]: [0, 1, 2], [name]: [round % 3] }));
        const found = async () => {
          const { status } = await httpGet(port, '/', name);
          seen.add(status);
          return status === 200 ? true : null;
        };
        await waitUntil(`${name} answers`, found);
      }
      expect([...seen].filter((status) => status !== 404)).toEqual([200]);
    });

    it('forgets a Service that is gone', async () => {
      publish(services({ [API]: [0], other: [1] }));
      await synced();
      expect(await podsOf('other', 1)).toEqual(['pod-1']);
      publish(services({ [API]: [0] }));
      await synced();
      expect(await podsOf('other', 1)).toEqual(['status 404']);
      const clusters = JSON.parse(await envoy.admin('/config_dump?resource=dynamic_active_clusters')) as {
        configs: object[];
      };
      expect(clusters.configs).toHaveLength(1);
    });

    it('refuses a bad resource, which is seen with its reason, and goes on with the last good one', async () => {
      const good = types().find((type) => type.shortName === 'CDS')?.ackedVersion;
      const clusters = new Map([...snapshot.clusters].map(([name, spec]) => [name, { ...spec, connectTimeoutMs: 0 }]));
      publish({ ...snapshot, clusters });
      const refused = await waitUntil('a NACK', () => types().find((type) => type.nack !== null) ?? null);
      expect(refused).toMatchObject({ shortName: 'CDS', ackedVersion: good, synced: false });
      expect(refused.nack?.reason).toMatch(/ConnectTimeout/);
      expect(refused.nack?.version).toBe(refused.sentVersion);
      expect(await podsOf(API, 1)).toEqual([expect.stringMatching(/^pod-/)]);
      publish(services({ [API]: [0, 1, 2] }));
      await synced();
    });

    it('serves on while the control plane is away, and follows it when it is back', async () => {
      await server.close();
      expect((await podsOf(API, 3)).sort()).toEqual(['pod-0', 'pod-1', 'pod-2']);
      snapshot = services({ [API]: [1] });
      await serve(xdsPort);
      await waitUntil('Envoy is back', () => (types().length === 4 ? true : null), 15_000);
      await synced();
      expect(await podsOf(API, 2)).toEqual(['pod-1', 'pod-1']);
    }, 30_000);
  });
});
