// The xDS server over real gRPC and clients that behave badly, slowly, or not at all.
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { LoadAssignmentSpec } from '../../../src/model/endpoint-spec.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import { RESOURCE_TYPES } from '../../../src/xds/resources/index.ts';
import { AdsServer, type AdsServerOptions } from '../../../src/xds/server/ads-server.ts';
import { ADS, AdsCaller } from '../../support/ads-caller.ts';
import { BlackHole } from '../../support/black-hole.ts';
import { sampleClusterName, sampleSnapshot } from '../../support/sample-snapshot.ts';
import { waitUntil } from '../../support/wait-until.ts';

const A = sampleClusterName('a');
const [CDS, EDS, LDS, RDS] = RESOURCE_TYPES.map((type) => type.typeUrl) as [string, string, string, string];
const NODE = { id: 'sample' };

/** status codes of gRPC. */
const OK = 0;
const INVALID_ARGUMENT = 3;

function withEndpoint(port: number): Snapshot {
  return sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port }] }] });
}

describe('the xDS server', () => {
  const ending: (() => unknown)[] = [];
  let snapshot: Snapshot;
  let cache: SnapshotCache;
  let server: AdsServer;
  let port: number;
  let lines: string[] = [];

  async function serve(options: Partial<AdsServerOptions> = {}): Promise<void> {
    cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => snapshot });
    lines = [];
    const log = createLog({ clock: systemClock, level: 'info', format: 'text', sink: (line) => lines.push(line) });
    server = new AdsServer({ host: '127.0.0.1', port: 0, cache, clock: systemClock, log, ...options });
    const own = server;
    ending.push(() => own.close());
    port = (await server.start()).port;
  }

  function call(path: string, at = port): AdsCaller {
    const caller = new AdsCaller(at, path);
    ending.push(() => caller.close());
    return caller;
  }

  const publish = (next: Snapshot): void => {
    snapshot = next;
    cache.refresh();
  };

  const gone = () => waitUntil('the client is forgotten', () => (server.connectedClients().length === 0 ? true : null));

  beforeEach(() => {
    snapshot = withEndpoint(8080);
  });

  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  it.each([
    ['cluster', 'Clusters', () => CDS, []],
    ['endpoint', 'Endpoints', () => EDS, [A]],
    ['listener', 'Listeners', () => LDS, []],
    ['route', 'Routes', () => RDS, ['proxy/default']],
  ] as const)('serves the type of the %s service alone, in both variants', async (group, method, typeUrl, names) => {
    await serve();
    const service = `/envoy.service.${group}.v3.${group[0]?.toUpperCase()}${group.slice(1)}DiscoveryService`;
    const whole = call(`${service}/Stream${method}`);
    // The type is understood.
    whole.ask({ node: NODE, resourceNames: [...names] });
    expect(await whole.next()).toMatchObject({ typeUrl: typeUrl(), resources: [{ typeUrl: typeUrl() }] });
    const delta = call(`${service}/Delta${method}`);
    delta.askDelta({ node: NODE, typeUrl: typeUrl(), resourceNamesSubscribe: [...names] });
    expect(await delta.nextDelta()).toMatchObject({
      typeUrl: typeUrl(),
      resources: [{ resource: { typeUrl: typeUrl() } }],
    });
    expect(server.connectedClients().map(({ protocol }) => protocol)).toEqual([
      expect.stringMatching(/^sotw [A-Z]DS$/),
      expect.stringMatching(/^delta [A-Z]DS$/),
    ]);
  });

  it('ends a stream of one type that asks for another, and says how to go on', async () => {
    await serve();
    const caller = call('/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters');
    caller.ask({ node: NODE, typeUrl: LDS });
    expect(await caller.ended()).toMatchObject({
      code: INVALID_ARGUMENT,
      details: `this method serves ${CDS}, not "${LDS}"; use ADS`,
    });
    await gone();
  });

  it.each(['StreamAggregatedResources', 'DeltaAggregatedResources'])(
    'ends a stream of garbage bytes on %s, and serves others on',
    async (method) => {
      await serve();
      const good = call(`${ADS}/StreamAggregatedResources`);
      good.ask({ node: NODE, typeUrl: EDS, resourceNames: [A] });
      await good.next();
      const bad = call(`${ADS}/${method}`);
      bad.write(Buffer.from([0xff, 0xff, 0xff, 0x07, 0x00]));
      const reason = expect.stringMatching(
        /^the request is no envoy\.service\.discovery\.v3\.(Delta)?DiscoveryRequest: /,
      );
      expect(await bad.ended()).toMatchObject({ code: INVALID_ARGUMENT, details: reason });
      expect(server.turnedAway()).toEqual([
        { nodeId: '', peer: expect.stringMatching(/^127\.0\.0\.1:/), reason, at: expect.any(Number) },
      ]);
      expect(lines.at(-1)).toMatch(/a client was turned away .*the request is no /);
      expect(server.connectedClients()).toHaveLength(1);
      good.ask({ typeUrl: EDS, resourceNames: [A], responseNonce: '1' });
      publish(withEndpoint(9090));
      expect((await good.next()).nonce).toBe('2');
    },
  );

  it('passes over a type that nobody knows, and serves the others of the stream', async () => {
    await serve();
    const caller = call(`${ADS}/DeltaAggregatedResources`);
    caller.askDelta({ node: NODE, typeUrl: 'type.googleapis.com/nobody.knows.This', resourceNamesSubscribe: ['x'] });
    caller.askDelta({ typeUrl: CDS });
    expect((await caller.nextDelta()).typeUrl).toBe(CDS);
    expect(caller.status).toBeNull();
    expect(server.connectedClients()).toMatchObject([{ unserved: ['type.googleapis.com/nobody.knows.This'] }]);
    expect(lines.filter((line) => line.includes('nobody.knows.This'))).toHaveLength(1);
  });

  it('keeps the last 16 that it turned away, however many come', async () => {
    await serve();
    for (let count = 1; count <= 20; count += 1) {
      const bad = call(`${ADS}/DeltaAggregatedResources`);
      bad.askDelta({ node: { id: `bad-${count}`, metadata: { NAMESPACE: 'Not A Name' } }, typeUrl: CDS });
      await bad.ended();
    }
    expect(server.turnedAway()).toHaveLength(16);
    expect(server.turnedAway().at(-1)?.reason).toContain('metadata.NAMESPACE');
    expect(server.connectedClients()).toEqual([]);
  });

  it('takes a name that comes twice in a subscription, and a node id that comes twice, for what they are', async () => {
    await serve();
    const [one, two] = [call(`${ADS}/DeltaAggregatedResources`), call(`${ADS}/StreamAggregatedResources`)];
    one.askDelta({ node: NODE, typeUrl: EDS, resourceNamesSubscribe: [A, A] });
    two.ask({ node: NODE, typeUrl: EDS, resourceNames: [A, A] });
    expect((await one.nextDelta()).resources).toHaveLength(1);
    expect((await two.next()).resources).toHaveLength(1);
    const clients = server.connectedClients();
    expect(clients.map(({ nodeId, types }) => [nodeId, types[0]?.names])).toEqual([
      [NODE.id, 1],
      [NODE.id, 1],
    ]);
  });

  it('tells everybody else at once while one client reads nothing, and that one the newest when it reads again', async () => {
    await serve();
    const slow = call(`${ADS}/StreamAggregatedResources`);
    slow.ask({ node: NODE, typeUrl: EDS, resourceNames: [A] });
    await slow.next();
    slow.pause();
    const quick = call(`${ADS}/DeltaAggregatedResources`);
    quick.askDelta({ node: NODE, typeUrl: EDS, resourceNamesSubscribe: [A] });
    await quick.nextDelta();
    let nonce = 1;
    for (let at = 1; at <= 100; at += 1) {
      quick.askDelta({ typeUrl: EDS, responseNonce: String(nonce) });
      publish(withEndpoint(at));
      nonce += 1;
      expect((await quick.nextDelta()).nonce).toBe(String(nonce));
    }
    // It was told nothing more than it had not answered yet.
    slow.resume();
    expect(slow.received).toHaveLength(0);
    slow.ask({ typeUrl: EDS, resourceNames: [A], responseNonce: '1' });
    const [any] = (await slow.next()).resources;
    expect(RESOURCE_TYPES[1]?.decode(any?.value ?? new Uint8Array()).result).toMatchObject({
      value: { localities: [{ endpoints: [{ port: 100 }] }] },
    });
    expect(slow.received).toHaveLength(0);
  });

  it('brings 100,000 endpoints of one cluster in one response, and one more in another', async () => {
    const endpoints = Array.from({ length: 100_000 }, (_, index) => ({
      host: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      port: 8080,
    }));
    snapshot = sampleSnapshot({ services: [{ name: 'a', endpoints }] });
    await serve();
    const caller = call(`${ADS}/DeltaAggregatedResources`);
    caller.askDelta({ node: NODE, typeUrl: EDS, resourceNamesSubscribe: [A] });
    const first = await caller.nextDelta(15_000);
    const decoded = RESOURCE_TYPES[1]?.decode(first.resources[0]?.resource?.value ?? new Uint8Array());
    const told = decoded?.result.ok === true ? (decoded.result.value as LoadAssignmentSpec) : null;
    expect(told?.localities[0]?.endpoints).toHaveLength(100_000);
    caller.askDelta({ typeUrl: EDS, responseNonce: first.nonce });
    publish(sampleSnapshot({ services: [{ name: 'a', endpoints: [...endpoints, { host: '10.9.9.9', port: 1 }] }] }));
    const second = await caller.nextDelta(15_000);
    expect(second.resources[0]?.version).not.toBe(first.resources[0]?.version);
  }, 30_000);

  it('answers a state-of-the-world client that comes back after a restart with one unchanged response of each type', async () => {
    const versions = new Map<string, string>();
    for (const round of ['first', 'restarted']) {
      await serve();
      const caller = call(`${ADS}/StreamAggregatedResources`);
      for (const [typeUrl, resourceNames] of [
        [CDS, []],
        [EDS, [A]],
        [LDS, []],
        [RDS, ['proxy/default']],
      ] as const) {
        const ask = { node: NODE, typeUrl, resourceNames: [...resourceNames] };
        caller.ask({ ...ask, versionInfo: versions.get(typeUrl) ?? '' });
        const { versionInfo, nonce, resources } = await caller.next();
        expect([round, resources.length, versions.get(typeUrl) ?? versionInfo]).toEqual([round, 1, versionInfo]);
        versions.set(typeUrl, versionInfo);
        caller.ask({ ...ask, versionInfo, responseNonce: nonce });
      }
      const settled = () => server.connectedClients()[0]?.types.every(({ synced }) => synced) === true;
      await waitUntil('every ACK', () => settled() || null);
      // As another process would make it.
      snapshot = withEndpoint(8080);
      cache.refresh();
      expect(caller.received).toEqual([]);
    }
  });

  it('is left with nothing by 60 clients that talk garbage, break off or vanish', async () => {
    await serve({ keepalive: { afterMs: 50, timeoutMs: 50 } });
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const before = sockets();
    const endings: readonly ((caller: AdsCaller, relay: BlackHole) => unknown)[] = [
      (caller) => caller.write(Buffer.from('garbage')),
      (caller) => caller.close(),
      (_, relay) => relay.swallow(),
    ];
    for (let count = 0; count < 60; count += 1) {
      const relay = await BlackHole.before(port);
      const caller = new AdsCaller(relay.port, `${ADS}/DeltaAggregatedResources`);
      caller.askDelta({ node: { id: `client-${count}` }, typeUrl: CDS });
      await caller.nextDelta();
      endings[count % endings.length]?.(caller, relay);
      if (count % endings.length === 0) await caller.ended();
      ending.push(() => {
        caller.close();
        relay.close();
      });
    }
    await gone();
    expect(cache.views()).toEqual([]);
    expect(lines.filter((line) => /a client has gone node=client-/.test(line))).toHaveLength(40);
    expect(lines.filter((line) => line.includes('a client was turned away'))).toHaveLength(20);
    for (const end of ending.splice(1)) await end();
    await waitUntil('their sockets are gone', () => sockets() <= before || null);
  }, 20_000);

  it('ends streams in order at their maximum age, up to a fifth earlier', async () => {
    await serve({ maxStreamAge: { ms: 200, random: seededRandom(1) } });
    const began = performance.now();
    const caller = call(`${ADS}/DeltaAggregatedResources`);
    caller.askDelta({ node: NODE, typeUrl: CDS });
    await caller.nextDelta();
    expect((await caller.ended()).code).toBe(OK);
    expect(performance.now() - began).toBeGreaterThan(150);
    expect(server.connectedClients()).toEqual([]);
  });

  it('forgets a client that vanished without a word', async () => {
    await serve({ keepalive: { afterMs: 50, timeoutMs: 50 } });
    const relay = await BlackHole.before(port);
    ending.push(() => relay.close());
    const caller = call(`${ADS}/DeltaAggregatedResources`, relay.port);
    caller.askDelta({ node: NODE, typeUrl: CDS });
    await caller.nextDelta();
    expect(server.connectedClients()).toHaveLength(1);
    relay.swallow();
    await gone();
    expect(cache.views()).toEqual([]);
    expect(lines.map((line) => /a client has (\w+) node=sample/.exec(line)?.[1])).toEqual(['come', 'gone']);
  });

  it('forgets a client whose connection breaks, and one that cancels', async () => {
    await serve();
    const relay = await BlackHole.before(port);
    const first = call(`${ADS}/DeltaAggregatedResources`, relay.port);
    const second = call(`${ADS}/StreamAggregatedResources`);
    first.askDelta({ node: NODE, typeUrl: CDS });
    second.ask({ node: NODE, typeUrl: CDS });
    await Promise.all([first.nextDelta(), second.next()]);
    relay.close();
    second.close();
    await gone();
    expect(cache.views()).toEqual([]);
  });
});
