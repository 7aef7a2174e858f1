// Server and client without a network, under every order of messages and changes: they end up the same, and no route ever leads nowhere.

import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { silentLog } from '../../../src/base/log.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import type { ClientCodec } from '../../../src/xds/client/client-codec.ts';
import { DELTA_CLIENT_CODEC } from '../../../src/xds/client/delta-codec.ts';
import { SOTW_CLIENT_CODEC } from '../../../src/xds/client/sotw-codec.ts';
import { Subscriber } from '../../../src/xds/client/subscriber.ts';
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from '../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { AdsStream, type StreamPeer } from '../../../src/xds/server/ads-stream.ts';
import { DELTA_CODEC } from '../../../src/xds/server/delta-codec.ts';
import { SOTW_CODEC } from '../../../src/xds/server/sotw-codec.ts';
import { CheckedSink, fail, KINDS, same } from '../../support/checked-sink.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sampleSnapshot } from '../../support/sample-snapshot.ts';

interface ServerEnd {
  receive(bytes: Buffer): void;
  settled(): boolean;
  close(): void;
}

interface Variant {
  readonly name: string;
  readonly client: ClientCodec;
  serve(cache: SnapshotCache, peer: StreamPeer): ServerEnd;
}

/** The clock stands still: nothing may depend on the limit of the hold. */
const streamOptions = (cache: SnapshotCache, peer: StreamPeer) => ({
  ...{ cache, peer, log: silentLog, maxNames: 1_000 },
  clock: new ManualClock(),
});

const VARIANTS: readonly Variant[] = [
  {
    name: 'state of the world',
    client: SOTW_CLIENT_CODEC,
    serve(cache, peer) {
      const stream = new AdsStream({ ...streamOptions(cache, peer), codec: SOTW_CODEC });
      return endOf(stream, (bytes) => stream.receive(fromBinary(DiscoveryRequestSchema, bytes)));
    },
  },
  {
    name: 'incremental',
    client: DELTA_CLIENT_CODEC,
    serve(cache, peer) {
      const stream = new AdsStream({ ...streamOptions(cache, peer), codec: DELTA_CODEC });
      return endOf(stream, (bytes) => stream.receive(fromBinary(DeltaDiscoveryRequestSchema, bytes)));
    },
  },
];

function endOf<Request>(stream: AdsStream<Request>, receive: (bytes: Buffer) => void): ServerEnd {
  const settled = () => [...stream.subscriptions].every((subscription) => stream.isSettled(subscription));
  return { receive, settled, close: () => stream.close() };
}

class Wire {
  readonly sink = new CheckedSink();
  readonly toServer: Buffer[] = [];
  readonly toClient: Buffer[] = [];
  readonly cache: SnapshotCache;
  readonly subscriber: Subscriber;
  readonly #variant: Variant;
  server: ServerEnd;
  snapshot: Snapshot;

  constructor(variant: Variant, snapshot: Snapshot) {
    this.#variant = variant;
    this.snapshot = snapshot;
    this.cache = new SnapshotCache({ resolveView: () => 'all', snapshotFor: () => this.snapshot });
    this.server = this.#serve();
    this.subscriber = new Subscriber({
      node: { id: 'x', namespace: 'default', outboundAddresses: [] },
      metadata: {},
      sink: this.sink,
      codec: variant.client,
      clock: new ManualClock(),
      fetchTimeoutMs: 15_000,
      onTimeout: () => fail('time stands still'),
    });
    this.toServer.push(...this.subscriber.begin());
  }

  /** What was under way is lost, in both directions. */
  reconnect(): void {
    this.server.close();
    this.toServer.length = 0;
    this.toClient.length = 0;
    this.subscriber.end();
    this.server = this.#serve();
    this.toServer.push(...this.subscriber.begin());
  }

  publish(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.cache.refresh();
  }

  deliverToServer(): void {
    const bytes = this.toServer.shift();
    if (bytes !== undefined) this.server.receive(bytes);
  }

  deliverToClient(): void {
    const bytes = this.toClient.shift();
    if (bytes === undefined) return;
    this.toServer.push(...(this.subscriber.receive(this.#variant.client.read(bytes))?.requests ?? []));
  }

  deliverAll(): void {
    while (this.toServer.length + this.toClient.length > 0) {
      this.deliverToServer();
      this.deliverToClient();
    }
  }

  differences(): string[] {
    return KINDS.filter((kind) => !same(this.sink.held[kind], this.snapshot[kind]));
  }

  take(step: Step): void {
    if (step.do === 'publish') this.publish(step.snapshot);
    else if (step.do === 'toServer') this.deliverToServer();
    else if (step.do === 'toClient') this.deliverToClient();
    else this.reconnect();
  }

  #serve(): ServerEnd {
    const toClient = this.toClient;
    const peer: StreamPeer = { send: (bytes) => toClient.push(bytes), fail: (_, message) => fail(message) };
    return this.#variant.serve(this.cache, peer);
  }
}

/** Which of four Services exist, and on which port their one endpoint listens. */
const world = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    {
      selector: ([name]) => name,
    },
  )
  .map((services) => {
    const endpoints = (port: number) => [{ host: '127.1.0.1', port }];
    const snapshot = sampleSnapshot({
      services: services.map(([name, port]) => ({ name, endpoints: endpoints(port) })),
    });
    const slow = new Set(services.filter(([, , speed]) => speed === 2).map(([name]) => name));
    const clusters = [...snapshot.clusters].map(([name, spec]) => {
      const isSlow = [...slow].some((service) => name.includes(`|${service}.`));
      return [name, { ...spec, connectTimeoutMs: isSlow ? 9_000 : 1_000 }] as const;
    });
    return { ...snapshot, clusters: new Map(clusters) };
  });

type Step =
  | { readonly do: 'publish'; readonly snapshot: Snapshot }
  | { readonly do: 'toServer' | 'toClient' | 'reconnect' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: world.map((snapshot) => ({ do: 'publish' as const, snapshot })) },
  { weight: 16, arbitrary: fc.constant({ do: 'toServer' as const }) },
  { weight: 16, arbitrary: fc.constant({ do: 'toClient' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reconnect' as const }) },
);

/** Long enough to be in the middle of things: a first sync alone takes 14 deliveries. */
const steps = fc.array(step, { maxLength: 80, size: 'max' });

describe.each(VARIANTS)('control plane and sidecar, message by message, $name', (variant) => {
  it('converge on the last snapshot, and no route in force ever leads to a cluster that does not serve', () => {
    fc.assert(
      fc.property(world, steps, (first, taken) => {
        const wire = new Wire(variant, first);
        for (const each of taken) {
          wire.take(each);
          expect(wire.sink.dangling()).toEqual([]);
        }
        wire.deliverAll();
        expect(wire.differences()).toEqual([]);
        expect(wire.sink.inForce()).toBe(true);
        expect(wire.server.settled()).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('converge after the data plane has refused endpoints for a while', () => {
    fc.assert(
      fc.property(world, world, steps, (first, last, taken) => {
        const wire = new Wire(variant, first);
        wire.sink.picky = true;
        for (const each of taken) wire.take(each);
        wire.deliverAll();
        wire.sink.picky = false;
        // What was refused is sent again when its content changes.
        wire.publish(sampleSnapshot({ services: [] }));
        wire.deliverAll();
        wire.publish(last);
        wire.deliverAll();
        expect(wire.differences()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  it('hold no more than one response of each type under way, however fast the world changes', () => {
    fc.assert(
      fc.property(fc.array(world, { minLength: 20, maxLength: 40 }), (worlds) => {
        const wire = new Wire(variant, sampleSnapshot({ services: [] }));
        wire.deliverAll();
        for (const snapshot of worlds) wire.publish(snapshot);
        expect(wire.toClient.length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 50 },
    );
  }, 30_000);
});
