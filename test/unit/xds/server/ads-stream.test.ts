import { create, fromBinary } from '@bufbuild/protobuf';
import { silentLog } from '../../../../src/base/log.ts';
import type { ClusterSpec } from '../../../../src/model/cluster-spec.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../../src/xds/cache/snapshot-cache.ts';
import {
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../../../src/xds/resources/index.ts';
import { AdsStream, MAX_HOLD_MS } from '../../../../src/xds/server/ads-stream.ts';
import { describeClient } from '../../../../src/xds/server/client-status.ts';
import { SOTW_CODEC } from '../../../../src/xds/server/sotw-codec.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';

type ShortName = 'CDS' | 'EDS' | 'LDS' | 'RDS';

interface Told {
  readonly type: string;
  readonly names: readonly string[];
  readonly nonce: string;
  readonly version: string;
}

const ONE = { host: '127.1.0.1', port: 8080 };
const TWO = { host: '127.1.0.2', port: 8080 };
const A = sampleClusterName('a');
const B = sampleClusterName('b');
const ROUTES = 'proxy/default';

function services(...names: string[]): Snapshot {
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints: [ONE] })) });
}

function typeOf(shortName: string) {
  const type = RESOURCE_TYPES.find((candidate) => candidate.shortName === shortName);
  if (type === undefined) throw new Error(`no resource type ${shortName}`);
  return type;
}

/** One client without a network: what it says goes in, what it is told is kept. */
class Fixture {
  snapshot: Snapshot | null;
  readonly told: Told[] = [];
  readonly failures: string[] = [];
  readonly clock = new ManualClock();
  readonly cache: SnapshotCache;
  readonly stream: AdsStream<DiscoveryRequest>;
  #introduced = false;

  constructor(snapshot: Snapshot | null, maxNames = 100) {
    this.snapshot = snapshot;
    this.cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => this.snapshot });
    this.stream = new AdsStream({
      codec: SOTW_CODEC,
      cache: this.cache,
      clock: this.clock,
      log: silentLog,
      maxNames,
      peer: {
        send: (bytes) => this.told.push(this.#read(bytes)),
        fail: (reason, message) => this.failures.push(`${reason}: ${message}`),
      },
    });
  }

  set(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.cache.set('default', snapshot);
  }

  /** A first request or a change of the subscription. */
  ask(shortName: ShortName, names: readonly string[] = [], nonce = ''): void {
    const node = this.#introduced ? {} : { node: { id: 'sample' } };
    this.#introduced = true;
    this.stream.receive(
      create(DiscoveryRequestSchema, {
        ...node,
        typeUrl: typeOf(shortName).typeUrl,
        resourceNames: [...names],
        responseNonce: nonce,
      }),
    );
  }

  /** Says yes to the newest response of the type, with the names that are wanted now. */
  ack(shortName: ShortName, names: readonly string[] = []): void {
    this.ask(shortName, names, this.lastNonce(shortName));
  }

  nack(shortName: ShortName, reason: string, names: readonly string[] = []): void {
    this.stream.receive(
      create(DiscoveryRequestSchema, {
        typeUrl: typeOf(shortName).typeUrl,
        resourceNames: [...names],
        responseNonce: this.lastNonce(shortName),
        errorDetail: { code: 3, message: reason },
      }),
    );
  }

  lastNonce(shortName: ShortName): string {
    return this.told.findLast((each) => each.type === shortName)?.nonce ?? '';
  }

  /** What has been told since the last call, as `CDS a,b`. */
  take(): string[] {
    return this.told.splice(0).map(({ type, names }) => `${type} ${names.join(',')}`.trim());
  }

  /** As a proxy that is up and content with everything. */
  syncAll(...clusters: string[]): void {
    this.ask('CDS');
    this.ack('CDS');
    this.ask('EDS', clusters);
    this.ack('EDS', clusters);
    this.ask('LDS');
    this.ack('LDS');
    this.ask('RDS', [ROUTES]);
    this.ack('RDS', [ROUTES]);
  }

  status(shortName: ShortName) {
    return describeClient(this.stream, '127.0.0.1:1', 0)?.types.find((type) => type.shortName === shortName);
  }

  #read(bytes: Uint8Array): Told {
    const response = fromBinary(DiscoveryResponseSchema, bytes);
    const type = RESOURCE_TYPES.find((candidate) => candidate.typeUrl === response.typeUrl);
    if (type === undefined) throw new Error(`sent ${response.typeUrl}`);
    const names = response.resources.map((any) => type.decode(any.value).name);
    return { type: type.shortName, names, nonce: response.nonce, version: response.versionInfo };
  }
}

describe('AdsStream, subscriptions', () => {
  it('sends everything to a first request for listeners or clusters without names', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('CDS');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
  });

  it('sends only what was named of endpoints and routes', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('EDS', [B]);
    expect(fixture.take()).toEqual([`EDS ${B}`]);
  });

  it('answers a first request for what does not exist with an empty response, so that the client need not wait', () => {
    const fixture = new Fixture(services('a'));
    fixture.ask('EDS', ['nothing']);
    expect(fixture.take()).toEqual(['EDS']);
  });

  it('sends only the names that a client adds', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('EDS', [A]);
    fixture.ack('EDS', [A, B]);
    expect(fixture.take()).toEqual([`EDS ${A}`, `EDS ${B}`]);
  });

  it('sends a name again that was dropped and taken up again', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('EDS', [A, B]);
    fixture.ack('EDS', [B]);
    fixture.ask('EDS', [A, B], fixture.lastNonce('EDS'));
    expect(fixture.take()).toEqual([`EDS ${A},${B}`, `EDS ${A}`]);
  });

  it('sends a named resource as soon as it exists', () => {
    const fixture = new Fixture(services('a'));
    fixture.ask('EDS', [B]);
    fixture.ack('EDS', [B]);
    fixture.take();
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([`EDS ${B}`]);
  });

  it('does not fall back to everything when a client that named clusters names none', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('CDS', [A]);
    fixture.ack('CDS', []);
    fixture.take();
    fixture.set(services('a', 'b', 'c'));
    expect(fixture.take()).toEqual([]);
  });

  it('takes "*" as everything, beside names', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('CDS', ['*', A]);
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    expect(fixture.status('CDS')).toMatchObject({ wildcard: true, names: 1 });
  });

  it('sends the whole named set of clusters when one of it changes, since absence would mean removal', () => {
    const fixture = new Fixture(services('a', 'b', 'c'));
    fixture.ask('CDS', [A, B]);
    fixture.ack('CDS', [A, B]);
    fixture.take();
    fixture.set(slower(services('a', 'b', 'c'), A));
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
  });

  it('waits while nothing is known, and sends with the first snapshot', () => {
    const fixture = new Fixture(null);
    fixture.ask('CDS');
    expect(fixture.take()).toEqual([]);
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([`CDS ${A}`]);
  });

  it('turns away more names than the limit', () => {
    const fixture = new Fixture(services('a'), 2);
    fixture.ask('EDS', ['x', 'y', 'z']);
    expect(fixture.failures).toEqual([expect.stringMatching(/^resource-exhausted: more than 2 names/)]);
    expect(fixture.take()).toEqual([]);
  });

  it('turns away a stream that does not say who it is, or says it badly', () => {
    const nameless = new Fixture(services('a'));
    nameless.stream.receive(create(DiscoveryRequestSchema, { typeUrl: typeOf('CDS').typeUrl }));
    expect(nameless.failures).toEqual([expect.stringMatching(/^invalid-argument: .* no node; send one/)]);
    const odd = new Fixture(services('a'));
    const node = { id: 'x', metadata: { NAMESPACE: '..' } };
    odd.stream.receive(create(DiscoveryRequestSchema, { typeUrl: typeOf('CDS').typeUrl, node }));
    expect(odd.failures).toEqual([expect.stringMatching(/^invalid-argument: node: metadata.NAMESPACE/)]);
  });

  it('passes over types that it does not serve', () => {
    const fixture = new Fixture(services('a'));
    const typeUrl = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
    fixture.stream.receive(create(DiscoveryRequestSchema, { node: { id: 'x' }, typeUrl }));
    expect([fixture.take(), fixture.failures]).toEqual([[], []]);
  });
});

/** The same snapshot with a longer connect timeout for one cluster. */
function slower(snapshot: Snapshot, name: string): Snapshot {
  const clusters = new Map(snapshot.clusters);
  clusters.set(name, { ...(clusters.get(name) as ClusterSpec), connectTimeoutMs: 9_000 });
  return { ...snapshot, clusters };
}

describe('AdsStream, answers', () => {
  it('sends nothing again that was acknowledged', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a'));
    fixture.ack('CDS');
    expect(fixture.take()).toEqual([]);
    expect(fixture.status('CDS')).toMatchObject({ nack: null, synced: true });
  });

  it('passes over a request with a stale nonce', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.ask('EDS', [A]);
    const stale = fixture.lastNonce('EDS');
    fixture.ack('EDS', [A]);
    fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] }));
    fixture.take();
    fixture.ask('EDS', [A, B], stale);
    expect(fixture.status('EDS')).toMatchObject({ names: 1, synced: false });
    expect(fixture.take()).toEqual([]);
  });

  it('keeps a NACK with its reason and version, and does not send that version again', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    const good = fixture.status('CDS')?.ackedVersion;
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    const status = fixture.status('CDS');
    expect(status).toMatchObject({
      ackedVersion: good,
      nack: { reason: 'too slow', at: fixture.clock.wallNow() },
      synced: false,
    });
    expect(status?.nack?.version).toBe(status?.sentVersion);
    fixture.take();
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    expect(fixture.take()).toEqual([]);
  });

  it('sends a refused type again when its content changes, and forgets the NACK with the ACK', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    fixture.take();
    fixture.set(services('a'));
    fixture.ack('CDS');
    fixture.ack('EDS', [A]);
    expect(fixture.take()[0]).toBe(`CDS ${A}`);
    expect(fixture.status('CDS')).toMatchObject({ nack: null, synced: true });
  });

  it('has one response of a type under way: while it is unanswered, the latest state wins', () => {
    const fixture = new Fixture(services('a'));
    fixture.ask('EDS', [A]);
    fixture.take();
    for (let port = 1; port <= 50; port += 1) {
      fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port }] }] }));
    }
    expect(fixture.told).toHaveLength(0);
    fixture.ask('EDS', [A], '1');
    expect(fixture.take()).toEqual([`EDS ${A}`]);
    fixture.ask('EDS', [A], '2');
    expect(fixture.take()).toEqual([]);
  });

  it('cuts the text of a NACK to 4,096 characters', () => {
    const fixture = new Fixture(services('a'));
    fixture.ask('CDS');
    fixture.nack('CDS', 'x'.repeat(100_000));
    expect(fixture.status('CDS')?.nack?.reason).toHaveLength(4_096);
  });
});

describe('AdsStream, order', () => {
  it('sends a change of everything as CDS, EDS, LDS, RDS', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    const moved = sampleSnapshot({
      services: [{ name: 'a', endpoints: [TWO] }],
      listen: { host: '127.0.0.1', port: 15_002 },
    });
    const routes = new Map([[ROUTES, { name: ROUTES, virtualHosts: [] }]]);
    fixture.set({ ...slower(moved, A), routes });
    expect(fixture.take()).toEqual([`CDS ${A}`, `EDS ${A}`, 'LDS outbound', `RDS ${ROUTES}`]);
  });

  it('holds routes to a new cluster until the client has asked for its endpoints and they are sent', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.ack('CDS');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    fixture.ask('EDS', [A, B]);
    expect(fixture.take()).toEqual([`EDS ${B}`, `RDS ${ROUTES}`]);
  });

  it(`holds them for at most ${MAX_HOLD_MS} ms, for clients that take only the endpoints that they use`, () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.clock.advance(MAX_HOLD_MS - 1);
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    fixture.clock.advance(1);
    expect(fixture.take()).toEqual([`RDS ${ROUTES}`]);
  });

  it('does not hold them for clusters that were refused', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.nack('CDS', 'no');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`, `RDS ${ROUTES}`]);
  });

  it('does not send routes past clusters that wait for an answer', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.set(slower(services('a'), A));
    fixture.ack('EDS', [A]);
    fixture.take();
    // CDS is not answered yet, and the next change concerns it too.
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([]);
  });

  it('sends the endpoints of a changed cluster again, though they are the same: the client warms it with them', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.syncAll(A, B);
    fixture.take();
    fixture.set(slower(services('a', 'b'), B));
    expect(fixture.take()).toEqual([`CDS ${A},${B}`, `EDS ${B}`]);
  });

  it('tells of a removed cluster after the routes that used it', () => {
    const fixture = new Fixture(services('a', 'b'));
    fixture.syncAll(A, B);
    fixture.take();
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([`RDS ${ROUTES}`, `CDS ${A}`]);
  });

  it('keeps a removed cluster beside its successor until the routes have moved', () => {
    const fixture = new Fixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('b'));
    const union = fixture.told[0];
    expect(fixture.take()).toEqual([`CDS ${B},${A}`]);
    fixture.ask('CDS', [], union?.nonce);
    expect(fixture.status('CDS')?.synced).toBe(false);
    fixture.ask('EDS', [B]);
    expect(fixture.take()).toEqual([`EDS ${B}`, `RDS ${ROUTES}`, `CDS ${B}`]);
    fixture.ask('CDS', [], String(Number(union?.nonce) + 3));
    expect(fixture.status('CDS')?.synced).toBe(true);
    expect(fixture.status('CDS')?.ackedVersion).not.toBe(union?.version);
  });

  it('tells nothing more after it is closed, and leaves no timer', () => {
    const fixture = new Fixture(services('a'));
    fixture.ask('CDS');
    fixture.stream.close();
    fixture.take();
    fixture.set(services('a', 'b'));
    expect([fixture.take(), fixture.clock.pendingTimers, fixture.cache.views()]).toEqual([[], 0, []]);
  });
});
