// One incremental client of an AdsStream without a network: what it says goes in, what it is told is kept.
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { silentLog } from '../../src/base/log.ts';
import type { OnDemandSource } from '../../src/model/on-demand.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { SnapshotCache } from '../../src/xds/cache/snapshot-cache.ts';
import { NodeSchema } from '../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../src/xds/resources/index.ts';
import { AdsStream } from '../../src/xds/server/ads-stream.ts';
import { describeClient } from '../../src/xds/server/client-status.ts';
import { DELTA_CODEC } from '../../src/xds/server/delta-codec.ts';
import { ManualClock } from './manual-clock.ts';
import { typeOf } from './type-of.ts';

type ShortName = 'CDS' | 'EDS' | 'LDS' | 'RDS' | 'PDS' | 'NDS';

export interface DeltaAsk {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly held?: Readonly<Record<string, string>>;
  readonly nonce?: string;
}

export interface DeltaFixtureOptions {
  readonly maxNames?: number;
  readonly onDemand?: OnDemandSource;
}

export class DeltaFixture {
  snapshot: Snapshot | null;
  readonly responses: DeltaDiscoveryResponse[] = [];
  readonly failures: string[] = [];
  readonly clock = new ManualClock();
  readonly cache: SnapshotCache;
  readonly #options: DeltaFixtureOptions;
  readonly #nonces = new Map<string, string>();
  #stream: AdsStream<DeltaDiscoveryRequest>;
  #introduced = false;

  constructor(snapshot: Snapshot | null, options: DeltaFixtureOptions = {}) {
    this.snapshot = snapshot;
    this.#options = options;
    this.cache = new SnapshotCache({
      resolveView: (node) => node.namespace,
      snapshotFor: () => this.snapshot,
      ...(options.onDemand === undefined ? {} : { onDemand: options.onDemand }),
    });
    this.#stream = this.#open();
  }

  get stream(): AdsStream<DeltaDiscoveryRequest> {
    return this.#stream;
  }

  /** The connection is lost, and a new stream begins. */
  reconnect(): void {
    this.#stream.close();
    this.#stream = this.#open();
    this.#introduced = false;
    this.#nonces.clear();
  }

  set(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.cache.refresh();
  }

  ask(shortName: ShortName, { subscribe = [], unsubscribe = [], held = {}, nonce = '' }: DeltaAsk = {}): void {
    this.#receive(shortName, {
      resourceNamesSubscribe: [...subscribe],
      resourceNamesUnsubscribe: [...unsubscribe],
      initialResourceVersions: { ...held },
      responseNonce: nonce,
    });
  }

  /** Says yes to the newest response of the type. */
  ack(shortName: ShortName): void {
    this.ask(shortName, { nonce: this.lastNonce(shortName) });
  }

  nack(shortName: ShortName, reason: string): void {
    this.#receive(shortName, {
      responseNonce: this.lastNonce(shortName),
      errorDetail: { code: 3, message: reason },
    });
  }

  lastNonce(shortName: ShortName): string {
    return this.#nonces.get(shortName) ?? '';
  }

  /** What has been told since the last call: `CDS +a +b -c`. */
  take(): string[] {
    return this.responses.splice(0).map((response) => {
      const names = response.resources.map(({ name }) => `+${name}`);
      const gone = response.removedResources.map((name) => `-${name}`);
      return [shortNameOf(response.typeUrl), ...names, ...gone].join(' ');
    });
  }

  /** The versions of what was told of one type and not taken yet. */
  versions(shortName: ShortName): Record<string, string> {
    const told = this.responses.filter(({ typeUrl }) => shortNameOf(typeUrl) === shortName);
    return Object.fromEntries(told.flatMap(({ resources }) => resources.map(({ name, version }) => [name, version])));
  }

  /** As a proxy that is up and content with everything. */
  syncAll(routes: string, ...clusters: string[]): void {
    this.ask('CDS');
    this.ack('CDS');
    this.ask('EDS', { subscribe: clusters });
    this.ack('EDS');
    this.ask('LDS');
    this.ack('LDS');
    this.ask('RDS', { subscribe: [routes] });
    this.ack('RDS');
  }

  status(shortName: ShortName) {
    return describeClient(this.#stream, '127.0.0.1:1', 0)?.types.find((type) => type.shortName === shortName);
  }

  #receive(shortName: ShortName, init: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): void {
    const request = create(DeltaDiscoveryRequestSchema, init);
    request.typeUrl = typeOf(shortName).typeUrl;
    if (!this.#introduced) request.node = create(NodeSchema, { id: 'sample' });
    this.#introduced = true;
    this.#stream.receive(request);
  }

  #open(): AdsStream<DeltaDiscoveryRequest> {
    return new AdsStream({
      codec: DELTA_CODEC,
      cache: this.cache,
      clock: this.clock,
      log: silentLog,
      maxNames: this.#options.maxNames ?? 100,
      peer: {
        send: (bytes) => this.#keep(fromBinary(DeltaDiscoveryResponseSchema, bytes)),
        fail: (reason, message) => this.failures.push(`${reason}: ${message}`),
      },
    });
  }

  #keep(response: DeltaDiscoveryResponse): void {
    this.responses.push(response);
    this.#nonces.set(shortNameOf(response.typeUrl), response.nonce);
  }
}

function shortNameOf(typeUrl: string): string {
  const type = RESOURCE_TYPES.find((candidate) => candidate.typeUrl === typeUrl);
  if (type === undefined) throw new Error(`sent ${typeUrl}`);
  return type.shortName;
}
