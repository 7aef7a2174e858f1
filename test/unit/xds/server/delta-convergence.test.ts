// Incremental streams under every order of messages, changes and lost connections: the client ends up with what there is, no route ever leads
// nowhere, and nothing is sent again that it holds.
import fc from 'fast-check';
import type { ClusterSpec } from '../../../../src/model/cluster-spec.ts';
import type { RouteConfigSpec } from '../../../../src/model/route-spec.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import type { DeltaDiscoveryResponse } from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { type DeltaAsk, DeltaFixture } from '../../../support/delta-fixture.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { ROUTES } from '../../../support/stream-fixture.ts';
import { typeOf } from '../../../support/type-of.ts';

const TYPES = ['CDS', 'EDS', 'LDS', 'RDS'] as const;
type ShortName = (typeof TYPES)[number];

interface Held {
  readonly version: string;
  readonly bytes: Uint8Array;
}

interface Message {
  readonly type: ShortName;
  readonly ask: DeltaAsk;
}

/** A client as a proxy is one: endpoints of every cluster that it has. Messages lie between both until they are delivered. */
class Wire {
  readonly fixture: DeltaFixture;
  readonly held = new Map<ShortName, Map<string, Held>>(TYPES.map((type) => [type, new Map()]));
  toServer: Message[] = [];
  /** Resources that came and were held already in that version. */
  repeated = 0;

  constructor(snapshot: Snapshot) {
    this.fixture = new DeltaFixture(snapshot, { maxNames: 1_000 });
    this.#begin();
  }

  of(type: ShortName): Map<string, Held> {
    return this.held.get(type) ?? new Map();
  }

  /** What is under way is lost. */
  reconnect(): void {
    this.toServer = [];
    this.fixture.responses.length = 0;
    this.fixture.reconnect();
    this.#begin();
  }

  deliverToServer(): void {
    const message = this.toServer.shift();
    if (message !== undefined) this.fixture.ask(message.type, message.ask);
  }

  deliverToClient(): void {
    const response = this.fixture.responses.shift();
    if (response !== undefined) this.#apply(response);
  }

  deliverAll(): void {
    while (this.toServer.length + this.fixture.responses.length > 0) {
      this.deliverToServer();
      this.deliverToClient();
    }
  }

  /** Clusters that a held route names and that are not held, or have had no endpoints. */
  dangling(): string[] {
    const clusters = [...this.of('RDS').values()].flatMap(({ bytes }) => clustersOf(bytes));
    return clusters.filter((name) => !this.of('CDS').has(name) || !this.of('EDS').has(name));
  }

  differences(): string[] {
    const { snapshot } = this.fixture;
    return TYPES.filter((type) => {
      const wanted = [...typeOf(type).specs(snapshot ?? sampleSnapshot({ services: [] }))];
      const expected = wanted.map(([name, spec]) => [name, Buffer.from(typeOf(type).encode(spec)).toString('hex')]);
      const actual = [...this.of(type)].map(([name, { bytes }]) => [name, Buffer.from(bytes).toString('hex')]);
      return JSON.stringify(expected.sort()) !== JSON.stringify(actual.sort());
    });
  }

  #begin(): void {
    const versions = (type: ShortName) =>
      Object.fromEntries([...this.of(type)].map(([name, { version }]) => [name, version]));
    for (const type of TYPES) {
      const subscribe = type === 'EDS' ? [...this.of('CDS').keys()] : type === 'RDS' ? [ROUTES] : [];
      this.toServer.push({ type, ask: { subscribe, held: versions(type) } });
    }
  }

  #apply(response: DeltaDiscoveryResponse): void {
    const type = TYPES.find((candidate) => typeOf(candidate).typeUrl === response.typeUrl) ?? 'CDS';
    const held = this.of(type);
    const before = new Set(held.keys());
    for (const { name, version, resource } of response.resources) {
      if (held.get(name)?.version === version) this.repeated += 1;
      held.set(name, { version, bytes: resource?.value ?? new Uint8Array() });
    }
    for (const name of response.removedResources) held.delete(name);
    this.toServer.push({ type, ask: { nonce: response.nonce } });
    if (type === 'CDS') this.#follow(before);
  }

  #follow(before: ReadonlySet<string>): void {
    const clusters = this.of('CDS');
    const subscribe = [...clusters.keys()].filter((name) => !before.has(name));
    const unsubscribe = [...before].filter((name) => !clusters.has(name));
    for (const name of unsubscribe) this.of('EDS').delete(name);
    if (subscribe.length + unsubscribe.length > 0) this.toServer.push({ type: 'EDS', ask: { subscribe, unsubscribe } });
  }
}

function clustersOf(bytes: Uint8Array): string[] {
  const { result } = typeOf('RDS').decode(bytes);
  if (!result.ok) return ['undecodable'];
  const actions = (result.value as RouteConfigSpec).virtualHosts.flatMap((host) =>
    host.routes.map(({ action }) => action),
  );
  return actions.flatMap((action) =>
    'cluster' in action && typeof action.cluster === 'string' ? [action.cluster] : [],
  );
}

/** Which of four Services exist, where their one endpoint listens, and how long their clusters wait. */
const world = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 2 }), fc.constantFrom(1_000, 9_000)),
    {
      selector: ([name]) => name,
    },
  )
  .map((services) => {
    const endpoints = (port: number) => [{ host: '127.1.0.1', port }];
    const snapshot = sampleSnapshot({
      services: services.map(([name, port]) => ({ name, endpoints: endpoints(port) })),
    });
    const clusters = [...snapshot.clusters.values()].map((spec, index): [string, ClusterSpec] => {
      return [spec.name, { ...spec, connectTimeoutMs: services[index]?.[2] ?? 1_000 }];
    });
    return { ...snapshot, clusters: new Map(clusters) };
  });

const step = fc.oneof(
  { weight: 2, arbitrary: world.map((snapshot) => ({ do: 'publish' as const, snapshot })) },
  { weight: 1, arbitrary: fc.constant({ do: 'reconnect' as const }) },
  { weight: 8, arbitrary: fc.constant({ do: 'toServer' as const }) },
  { weight: 8, arbitrary: fc.constant({ do: 'toClient' as const }) },
);

function take(wire: Wire, taken: ReturnType<typeof step.generate>['value']): void {
  if (taken.do === 'publish') wire.fixture.set(taken.snapshot);
  else if (taken.do === 'reconnect') wire.reconnect();
  else if (taken.do === 'toServer') wire.deliverToServer();
  else wire.deliverToClient();
}

describe('incremental streams, message by message', () => {
  it('converge on the last snapshot, and no route ever leads to a cluster that is not there or has no endpoints yet', () => {
    fc.assert(
      fc.property(world, fc.array(step, { maxLength: 80, size: 'max' }), (first, steps) => {
        const wire = new Wire(first);
        for (const each of steps) {
          take(wire, each);
          expect(wire.dangling()).toEqual([]);
        }
        wire.deliverAll();
        expect(wire.differences()).toEqual([]);
        const { stream } = wire.fixture;
        expect([...stream.subscriptions].filter((subscription) => !stream.isSettled(subscription))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 30_000);

  it('send nothing again after a reconnect that the client holds', () => {
    fc.assert(
      fc.property(world, world, (first, second) => {
        const wire = new Wire(first);
        wire.deliverAll();
        wire.repeated = 0;
        wire.fixture.snapshot = second;
        wire.reconnect();
        wire.deliverAll();
        expect(wire.differences()).toEqual([]);
        // Endpoints of a cluster that changed are sent again on purpose: the client warms it with them.
        const changed = [...second.clusters].filter(([name, spec]) => {
          const old = first.clusters.get(name);
          return old !== undefined && old.connectTimeoutMs !== spec.connectTimeoutMs;
        });
        expect(wire.repeated).toBeLessThanOrEqual(changed.length);
      }),
      { numRuns: 100 },
    );
  }, 30_000);
});
