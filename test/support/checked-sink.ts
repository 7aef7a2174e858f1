// The data plane without its sockets, and beside it a mirror of what it was given: what is in force is compared with what was said.
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { errorIssue, type Issue } from '../../src/base/result.ts';
import { TimerWheel } from '../../src/base/timer-wheel.ts';
import type { Changes, ConfigSink, ResourceChanges } from '../../src/model/config-sink.ts';
import { DataPlane } from '../../src/proxy/data-plane.ts';
import { noOriginalDestination } from '../../src/proxy/listener/original-destination.ts';
import { ManualClock } from './manual-clock.ts';

type Named = { readonly name: string };
export const KINDS = ['clusters', 'endpoints', 'listeners', 'routes'] as const;

export class CheckedSink implements ConfigSink {
  readonly held = { clusters: new Map(), endpoints: new Map(), listeners: new Map(), routes: new Map() };
  readonly #plane = socketlessPlane();
  /** Endpoints are refused while this is true. */
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
    if (!this.picky) issues.push(...this.#plane.apply({ ...changes, listeners: { upserted: [], removed: [] } }));
    return issues;
  }

  /** Clusters that a route in force names and that do not serve. */
  dangling(): string[] {
    const serving = new Set(this.#plane.clusters.filter(({ warm }) => warm).map(({ name }) => name));
    const names = this.#plane.routeTables.flatMap(({ spec }) =>
      spec.virtualHosts.flatMap((host) =>
        host.routes.map(({ action }) => ('cluster' in action ? String(action.cluster) : '')),
      ),
    );
    return names.filter((name) => !serving.has(name));
  }

  /** What is in force is what was given last: nothing is held back for ever. */
  inForce(): boolean {
    const tables = this.#plane.routeTables.map(({ spec }) => [spec.name, spec] as const);
    const clusters = this.#plane.clusters.map(({ spec }) => [spec.name, spec] as const);
    return same(new Map(tables), this.held.routes) && same(new Map(clusters), this.held.clusters);
  }
}

function socketlessPlane(): DataPlane {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const random = seededRandom(1);
  const dial = () => fail('nobody calls');
  const limits = { maxHeadBytes: 1_024, maxFields: 10 };
  const shared = {
    accessLog: null,
    clock,
    random,
    wheel,
    dial,
    ownAddress: '',
    newRequestIdLine: () => 'x-request-id: \r\n',
    replayBytes: 0,
    bodyMeter: { note() {} },
    admission: { refusing: false, reason: '' },
    streamIdleTimeoutMs: 0,
    requestBodyTimeoutMs: 0,
  };
  return new DataPlane({
    listener: {
      ...{
        shared,
        requestHeadersTimeoutMs: 0,
        maxIdleMs: 0,
        maxConnections: 0,
        connectionBufferBytes: 65_536,
        log: silentLog,
        rebindMs: 1_000,
      },
      limits: { ...limits, maxRequests: 0, maxAgeMs: 0 },
      originalDestination: noOriginalDestination,
    },
    cluster: { ...limits, random, pool: { dial, wheel, idleTimeoutMs: 1_000, now: () => clock.now() } },
  });
}

export function fail(message: string): never {
  throw new Error(message);
}

/** The same content, in whatever order. */
export function same(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain(map: ReadonlyMap<string, unknown>): unknown {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
