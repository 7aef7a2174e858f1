// Our server and our client over real gRPC: what the control plane knows arrives at the data plane, whatever happens in between.

import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { errorIssue, type Issue } from '../../../src/base/result.ts';
import type { Changes, ConfigSink, ResourceChanges } from '../../../src/model/config-sink.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import { AdsClient, type AdsClientOptions } from '../../../src/xds/client/ads-client.ts';
import { AdsServer } from '../../../src/xds/server/ads-server.ts';
import { BlackHole } from '../../support/black-hole.ts';
import { sampleClusterName, sampleSnapshot } from '../../support/sample-snapshot.ts';
import { waitUntil } from '../../support/wait-until.ts';

const A = sampleClusterName('a');
const B = sampleClusterName('b');
const ONE = { host: '127.1.0.1', port: 8080 };
const TWO = { host: '127.1.0.2', port: 8080 };

function services(...names: string[]): Snapshot {
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints: [ONE] })) });
}

/** The data plane: keeps what it is given, refuses the names that it is told to. */
class MirrorSink implements ConfigSink {
  readonly clusters = new Map<string, object>();
  readonly endpoints = new Map<string, object>();
  readonly listeners = new Map<string, object>();
  readonly routes = new Map<string, object>();
  readonly order: string[] = [];
  readonly refusing = new Set<string>();

  apply(changes: Changes): readonly Issue[] {
    const issues: Issue[] = [];
    for (const kind of ['clusters', 'endpoints', 'listeners', 'routes'] as const) {
      const change: ResourceChanges<{ readonly name: string }> | undefined = changes[kind];
      if (change === undefined) continue;
      this.order.push(kind);
      for (const name of change.removed) this[kind].delete(name);
      for (const spec of change.upserted) {
        if (this.refusing.has(spec.name)) issues.push(errorIssue('is not wanted here', { source: spec.name }));
        else this[kind].set(spec.name, spec);
      }
    }
    return issues;
  }

  holds(snapshot: Snapshot): true | null {
    const pairs = [
      [this.clusters, snapshot.clusters],
      [this.endpoints, snapshot.endpoints],
      [this.listeners, snapshot.listeners],
      [this.routes, snapshot.routes],
    ] as const;
    return pairs.every(([mine, theirs]) => JSON.stringify(sorted(mine)) === JSON.stringify(sorted(theirs))) || null;
  }
}

function sorted(map: ReadonlyMap<string, object>): unknown {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('ADS between our server and our client', () => {
  const ending: (() => unknown)[] = [];
  let snapshot: Snapshot;
  let cache: SnapshotCache;
  let sink: MirrorSink;

  async function serve(port = 0) {
    cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => snapshot });
    const server = new AdsServer({ host: '127.0.0.1', port, cache, clock: systemClock, log: silentLog });
    ending.push(() => server.close());
    return { server, port: (await server.start()).port };
  }

  function follow(port: number, options: Partial<AdsClientOptions> = {}): AdsClient {
    const client = new AdsClient({
      address: `127.0.0.1:${port}`,
      node: {
        id: 'sidecar~127.1.0.9~client.default~default.svc.cluster.local',
        namespace: 'default',
        outboundAddresses: [],
      },
      sink,
      clock: systemClock,
      random: seededRandom(1),
      log: silentLog,
      backoff: { baseMs: 10, maxMs: 50 },
      ...options,
    });
    ending.push(() => client.close());
    client.start();
    return client;
  }

  function publish(next: Snapshot): void {
    snapshot = next;
    cache.refresh();
  }

  const converged = () => waitUntil('the data plane holds the snapshot', () => sink.holds(snapshot));

  beforeEach(() => {
    snapshot = services('a', 'b');
    sink = new MirrorSink();
  });

  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  it('brings a new client everything, clusters and endpoints before listeners and routes', async () => {
    const { server, port } = await serve();
    const client = follow(port);
    await converged();
    expect(sink.order).toEqual(['clusters', 'endpoints', 'listeners', 'routes']);
    await waitUntil(
      'the server has every ACK',
      () => server.connectedClients()[0]?.types.every((type) => type.synced) || null,
    );
    const [seen] = server.connectedClients();
    expect(seen).toMatchObject({ namespace: 'default', view: 'default', nodeId: expect.stringMatching(/^sidecar~/) });
    expect(seen?.types.map((type) => type.shortName)).toEqual(['CDS', 'LDS', 'EDS', 'RDS']);
    const versions = Object.fromEntries((seen?.types ?? []).map((type) => [type.shortName, type.ackedVersion]));
    expect(client.status()).toEqual({
      protocol: 'delta',
      connected: true,
      lastError: null,
      synced: true,
      versions,
      refused: [],
      missing: [],
      ignored: [],
      stray: [],
    });
  });

  it('brings a changed endpoint alone', async () => {
    const { port } = await serve();
    follow(port);
    await converged();
    sink.order.length = 0;
    publish(
      sampleSnapshot({
        services: [
          { name: 'a', endpoints: [ONE, TWO] },
          { name: 'b', endpoints: [ONE] },
        ],
      }),
    );
    await converged();
    expect(sink.order).toEqual(['endpoints']);
  });

  it('brings new Services and takes removed ones away', async () => {
    const { port } = await serve();
    follow(port);
    await converged();
    publish(services('a', 'b', 'c', 'd'));
    await converged();
    publish(services('d'));
    await converged();
    publish(services());
    await converged();
    expect(sink.clusters.size + sink.endpoints.size).toBe(0);
  });

  it('sends a route to a new cluster only after its endpoints', async () => {
    const { port } = await serve();
    follow(port);
    await converged();
    sink.order.length = 0;
    publish(services('a', 'b', 'c'));
    await converged();
    expect(sink.order).toEqual(['clusters', 'endpoints', 'routes']);
  });

  it('converges on the last of 200 quick changes', async () => {
    const { port } = await serve();
    follow(port);
    await converged();
    for (let port = 1; port <= 200; port += 1) {
      publish(sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port }] }] }));
    }
    await converged();
  });

  it('keeps the last good version of what the data plane refuses, and the server knows why', async () => {
    const { server, port } = await serve();
    const client = follow(port);
    await converged();
    sink.refusing.add(B);
    const clusters = new Map([...snapshot.clusters].map(([name, spec]) => [name, { ...spec, connectTimeoutMs: 77 }]));
    publish({ ...snapshot, clusters });
    const nack = await waitUntil(
      'a NACK',
      () => server.connectedClients()[0]?.types.find((type) => type.nack)?.nack ?? null,
    );
    expect(nack.reason).toContain(`${B}: is not wanted here`);
    expect(client.status().refused).toMatchObject([{ type: 'CDS', name: B }]);
    expect(sink.clusters.get(A)).toMatchObject({ connectTimeoutMs: 77 });
    expect(sink.clusters.get(B)).toMatchObject({ connectTimeoutMs: 5_000 });
    sink.refusing.clear();
    const healed = new Map([...snapshot.clusters].map(([name, spec]) => [name, { ...spec, connectTimeoutMs: 78 }]));
    publish({ ...snapshot, clusters: healed });
    await converged();
    await waitUntil('an ACK', () => server.connectedClients()[0]?.types.every((type) => type.nack === null) || null);
  });

  it('keeps its configuration while the control plane is away, and converges on the new one when it is back', async () => {
    const { server, port } = await serve();
    const client = follow(port);
    await converged();
    await server.close();
    await waitUntil('the client has noticed', () => (client.status().connected ? null : true));
    expect(client.status()).toMatchObject({ synced: true, lastError: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(sink.holds(services('a', 'b'))).toBe(true);
    snapshot = services('b', 'c');
    await serve(port);
    await converged();
    expect(client.status()).toMatchObject({ connected: true, lastError: null });
  });

  it('hands the data plane nothing again that did not change while it was disconnected', async () => {
    const { server, port } = await serve();
    const client = follow(port);
    await converged();
    sink.order.length = 0;
    await server.close();
    await waitUntil('the client has noticed', () => (client.status().connected ? null : true));
    const again = await serve(port);
    await waitUntil(
      'every ACK',
      () => again.server.connectedClients()[0]?.types.filter((type) => type.synced).length === 4 || null,
    );
    expect(sink.order).toEqual([]);
  });

  it('waits for a control plane that starts after it', async () => {
    const { server, port } = await serve();
    await server.close();
    const client = follow(port);
    const lastError = await waitUntil('a failed attempt', () => client.status().lastError);
    expect(lastError).toBe(`control plane 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`);
    await serve(port);
    await converged();
  });

  it('gives clients of other namespaces other views', async () => {
    const { server, port } = await serve();
    follow(port, { node: { id: 'x', namespace: 'shop', outboundAddresses: [{ host: '127.1.0.1', port: 15_001 }] } });
    const client = await waitUntil('the client', () => server.connectedClients()[0] ?? null);
    expect(client).toMatchObject({ namespace: 'shop', view: 'shop' });
  });

  it('ends streams in order when it drains', async () => {
    const { server, port } = await serve();
    const client = follow(port, { backoff: { baseMs: 60_000, maxMs: 60_000 } });
    await converged();
    await server.drain(1_000);
    await waitUntil('the end', () => client.status().lastError);
    expect(client.status().lastError).toMatch(/ended the stream/);
  });

  it('says what the system said when it cannot listen', async () => {
    const { port } = await serve();
    await expect(serve(port)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `cannot listen for xDS on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    });
  });

  it('notices a connection that went silent without an end, and comes back', async () => {
    const { port } = await serve();
    const hole = await BlackHole.before(port);
    ending.push(() => hole.close());
    const client = follow(hole.port, { keepaliveMs: 30, keepaliveTimeoutMs: 30 });
    await converged();
    hole.swallow();
    await waitUntil('the loss', () => (client.status().connected ? null : true));
    snapshot = services('c');
    cache.refresh();
    hole.heal();
    await converged();
  });
});
