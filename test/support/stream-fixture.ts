// One client of an AdsStream without a network: what it says goes in, what it is told is kept.
import { create, fromBinary } from '@bufbuild/protobuf';
import { silentLog } from '../../src/base/log.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import {
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../src/xds/resources/index.ts';
import { AdsStream } from '../../src/xds/server/ads-stream.ts';
import { describeClient } from '../../src/xds/server/client-status.ts';
import { SOTW_CODEC } from '../../src/xds/server/sotw-codec.ts';
import { ManualClock } from './manual-clock.ts';
import { sampleClusterName, sampleSnapshot } from './sample-snapshot.ts';
import { typeOf } from './type-of.ts';

type ShortName = 'CDS' | 'EDS' | 'LDS' | 'RDS';

interface Told {
  readonly type: string;
  readonly names: readonly string[];
  readonly nonce: string;
  readonly version: string;
}

export const ONE = { host: '127.1.0.1', port: 8080 };
export const TWO = { host: '127.1.0.2', port: 8080 };
export const A = sampleClusterName('a');
export const B = sampleClusterName('b');
export const ROUTES = 'proxy/default';

export function services(...names: string[]): Snapshot {
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints: [ONE] })) });
}

export class StreamFixture {
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
    this.cache.refresh();
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

/** The same snapshot with a longer connect timeout for one cluster. */
export function slower(snapshot: Snapshot, name: string): Snapshot {
  const clusters = new Map(snapshot.clusters);
  clusters.set(name, { ...(clusters.get(name) as ClusterSpec), connectTimeoutMs: 9_000 });
  return { ...snapshot, clusters };
}
