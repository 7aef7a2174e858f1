// Server and client without a network, under every order of messages and changes: they end up the same, and no route ever leads nowhere.

import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { silentLog } from '../../../src/base/log.ts';
import { errorIssue, type Issue } from '../../../src/base/result.ts';
import type { Changes, ConfigSink, ResourceChanges } from '../../../src/model/config-sink.ts';
import type { Snapshot } from '../../../src/model/snapshot.ts';
import { type DiscoveryRequestInit, deserializeRequest, serializeRequest } from '../../../src/xds/ads-method.ts';
import { SnapshotCache } from '../../../src/xds/cache/snapshot-cache.ts';
import { Subscriber } from '../../../src/xds/client/subscriber.ts';
import {
  type DiscoveryRequest,
  DiscoveryResponseSchema,
} from '../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { AdsStream } from '../../../src/xds/server/ads-stream.ts';
import { SOTW_CODEC } from '../../../src/xds/server/sotw-codec.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sampleSnapshot } from '../../support/sample-snapshot.ts';

type Named = { readonly name: string };
const KINDS = ['clusters', 'endpoints', 'listeners', 'routes'] as const;

/** A data plane that can say, after every change, whether its routes lead somewhere. */
class CheckedSink implements ConfigSink {
  readonly held = { clusters: new Map(), endpoints: new Map(), listeners: new Map(), routes: new Map() };
  /** A cluster that it refuses while this is true. */
  picky = false;

  apply(changes: Changes): readonly Issue[] {
    const issues: Issue[] = [];
    for (const kind of KINDS) {
      const change: ResourceChanges<Named> | undefined = changes[kind];
      for (const spec of change?.upserted ?? []) {
        if (this.picky && kind === 'endpoints') issues.push(errorIssue('not now', { source: spec.name }));
        else this.held[kind].set(spec.name, spec);
      }
      for (const name of change?.removed ?? []) this.held[kind].delete(name);
    }
    return issues;
  }

  /** Clusters that a route names and that are not there, or have had no endpoints. */
  dangling(): string[] {
    const names = [...this.held.routes.values()].flatMap((config) =>
      config.virtualHosts.flatMap((host: { routes: { action: { cluster: string } }[] }) =>
        host.routes.map((route) => route.action.cluster),
      ),
    );
    return names.filter((name) => !this.held.clusters.has(name) || !this.held.endpoints.has(name));
  }
}

class Wire {
  readonly sink = new CheckedSink();
  readonly toServer: Buffer[] = [];
  readonly toClient: Buffer[] = [];
  readonly cache: SnapshotCache;
  readonly stream: AdsStream<DiscoveryRequest>;
  readonly subscriber: Subscriber;
  snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.cache = new SnapshotCache({ resolveView: () => 'all', snapshotFor: () => this.snapshot });
    this.stream = new AdsStream({
      codec: SOTW_CODEC,
      cache: this.cache,
      // It stands still: nothing may depend on the limit of the hold.
      clock: new ManualClock(),
      log: silentLog,
      maxNames: 1_000,
      peer: { send: (bytes) => this.toClient.push(bytes), fail: (_, message) => fail(message) },
    });
    const node = { id: 'x', namespace: 'default', outboundAddresses: [] };
    this.subscriber = new Subscriber({ node, metadata: {}, sink: this.sink });
    this.#send(this.subscriber.begin());
  }

  publish(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.cache.refresh();
  }

  deliverToServer(): void {
    const bytes = this.toServer.shift();
    if (bytes !== undefined) this.stream.receive(deserializeRequest(bytes));
  }

  deliverToClient(): void {
    const bytes = this.toClient.shift();
    if (bytes === undefined) return;
    this.#send(this.subscriber.receive(fromBinary(DiscoveryResponseSchema, bytes), 0)?.requests ?? []);
  }

  deliverAll(): void {
    while (this.toServer.length + this.toClient.length > 0) {
      this.deliverToServer();
      this.deliverToClient();
    }
  }

  differences(): string[] {
    return KINDS.filter(
      (kind) => JSON.stringify(plain(this.sink.held[kind])) !== JSON.stringify(plain(this.snapshot[kind])),
    );
  }

  #send(requests: readonly DiscoveryRequestInit[]): void {
    this.toServer.push(...requests.map(serializeRequest));
  }
}

function fail(message: string): never {
  throw new Error(message);
}

function plain(map: ReadonlyMap<string, unknown>): unknown {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
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

const step = fc.oneof(
  { weight: 1, arbitrary: world.map((snapshot) => ({ do: 'publish' as const, snapshot })) },
  { weight: 4, arbitrary: fc.constant({ do: 'toServer' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'toClient' as const }) },
);

/** Long enough to be in the middle of things: a first sync alone takes 14 deliveries. */
const steps = fc.array(step, { maxLength: 80, size: 'max' });

describe('control plane and sidecar, message by message', () => {
  it('converge on the last snapshot, and no route ever leads to a cluster that has no endpoints yet', () => {
    fc.assert(
      fc.property(world, steps, (first, taken) => {
        const wire = new Wire(first);
        for (const each of taken) {
          if (each.do === 'publish') wire.publish(each.snapshot);
          else if (each.do === 'toServer') wire.deliverToServer();
          else wire.deliverToClient();
          expect(wire.sink.dangling()).toEqual([]);
        }
        wire.deliverAll();
        expect(wire.differences()).toEqual([]);
        expect([...wire.stream.subscriptions].every((subscription) => wire.stream.isSettled(subscription))).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 30_000);

  it('converge after the data plane has refused endpoints for a while', () => {
    fc.assert(
      fc.property(world, world, steps, (first, last, taken) => {
        const wire = new Wire(first);
        wire.sink.picky = true;
        for (const each of taken) {
          if (each.do === 'publish') wire.publish(each.snapshot);
          else if (each.do === 'toServer') wire.deliverToServer();
          else wire.deliverToClient();
        }
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
        const wire = new Wire(sampleSnapshot({ services: [] }));
        wire.deliverAll();
        for (const snapshot of worlds) wire.publish(snapshot);
        expect(wire.toClient.length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 50 },
    );
  }, 30_000);
});
