// The property of everything that may happen to requests together: each gets one end and nothing but its own bytes, and when it is over nothing is held, counted or waited for.
import fc from 'fast-check';
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts';
import { DEFAULT_ADAPTIVE_CONCURRENCY } from '../../../src/model/adaptive-concurrency-spec.ts';
import type { CircuitBreakersSpec } from '../../../src/model/circuit-breakers-spec.ts';
import type { HttpFilterSpec } from '../../../src/model/http-filter-spec.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import type { Cluster } from '../../../src/proxy/upstream/cluster.ts';
import { RetryLimit } from '../../../src/proxy/upstream/retry-limit.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { LISTENER, type LivePlane, type TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { StormCallers } from '../../support/storm-callers.ts';
import { StormPods } from '../../support/storm-pods.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const closing: (() => void)[] = [];
afterEach(async () => {
  await stage.close();
  for (const close of closing.splice(0)) close();
});

const AT_A_TIME = 12;
const CALM = '/calm';
/** Far more than a storm takes. */
const MAX_STEPS = 5_000;
const BREAKERS: CircuitBreakersSpec = {
  default: { maxConnections: 3, maxPendingRequests: 6, maxRequests: 8, retries: { kind: 'number', max: 3 } },
};
const RETRY: RetryPolicySpec = {
  ...{ on: ['5xx', 'reset', 'connect-failure', 'refused-stream', 'unavailable'], numRetries: 3, statusCodes: [] },
  ...{ perTryTimeoutMs: 60, perTryIdleTimeoutMs: 400 },
};
const FILTERS: readonly HttpFilterSpec[] = [
  {
    name: 'fault',
    config: {
      kind: 'fault',
      fault: {
        delay: { delay: { kind: 'fixed', ms: 40 }, share: { numerator: 20, denominator: 100 } },
        abort: { abort: { kind: 'http', status: 503 }, share: { numerator: 3, denominator: 100 } },
        pace: { limit: { kind: 'fixed', kibPerSecond: 4 }, share: { numerator: 20, denominator: 100 } },
        maxActive: 5,
      },
    },
  },
  {
    name: 'adaptive',
    config: {
      kind: 'adaptive-concurrency',
      concurrency: {
        ...DEFAULT_ADAPTIVE_CONCURRENCY,
        ...{ minLimit: AT_A_TIME, maxLimit: AT_A_TIME, minRtt: { kind: 'fixed', ms: 10 } },
      },
    },
  },
];

class Storm {
  readonly clock = new ManualClock();
  readonly pods: StormPods;
  readonly #random: Random;
  readonly #clusters = new Set<Cluster>();
  #web: readonly TestAddress[] = [];
  #rpc: readonly TestAddress[] = [];
  #mirror: readonly TestAddress[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.pods = new StormPods(this.#random);
  }

  async start(retry: RetryPolicySpec): Promise<LivePlane> {
    this.#web = await Promise.all([1, 2, 3].map(() => stage.backend(this.pods.script)));
    this.#mirror = [await stage.backend(this.pods.script)];
    const rpc = await Promise.all([1, 2].map(() => Http2Backend.start(this.pods.http2Script)));
    closing.push(...rpc.map((backend) => () => backend.close()));
    this.#rpc = rpc;
    return stage.plane({
      services: { web: this.#web, rpc: this.#rpc, mirror: this.#mirror },
      http2Services: ['rpc'],
      cluster: { circuitBreakers: BREAKERS, outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, consecutive5xx: 2 } },
      action: { retry, mirrors: [{ cluster: 'mirror', percent: 50 }], upgrades: { echo: true } },
      ...{ http: { filters: FILTERS }, routeTimeoutMs: 1_000, clock: this.clock, replayBytes: 8_192 },
    });
  }

  async rage(plane: LivePlane, callers: StormCallers): Promise<void> {
    const asking = [
      ...['a', 'b', 'c', 'd'].map((name) => callers.http1(name, 10)),
      ...['x', 'y'].map((name) => callers.http2(name, 6)),
    ];
    for (let step = 0; callers.left > 0; step += 1) {
      if (step > MAX_STEPS) throw new Error(`nobody answers ${[...callers.waiting].join(' ')}`);
      this.#remember(plane);
      const move = this.#below(20);
      if (move === 0) this.#change(plane);
      else if (move < 6 || this.pods.held === 0) this.clock.advance(this.#below(70));
      else this.pods.act();
      await turns(1 + this.#below(4));
    }
    await Promise.all(asking);
    this.#restore(plane);
  }

  /** Configuration changes while everything goes on. */
  #change(plane: LivePlane): void {
    const change = this.#below(7);
    if (change === 0) plane.setEndpoints('web', this.#web.slice(this.#below(3)));
    else if (change === 1) plane.setEndpoints('rpc', this.#rpc.slice(this.#below(3)));
    else if (change === 2) plane.setEndpoints('mirror', []);
    else if (change === 3) plane.apply({ clusters: { upserted: [], removed: ['web'] } });
    else if (change === 4) {
      const circuitBreakers: CircuitBreakersSpec = {
        default: { ...BREAKERS.default, maxConnections: 1, maxRequests: 3 },
      };
      plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), circuitBreakers }], removed: [] } });
    } else this.#restore(plane);
  }

  #restore(plane: LivePlane): void {
    const names = ['web', 'rpc', 'mirror'];
    plane.apply({ clusters: { upserted: names.map((name) => plane.cluster(name)), removed: [] } });
    plane.setEndpoints('web', this.#web);
    plane.setEndpoints('rpc', this.#rpc);
    plane.setEndpoints('mirror', this.#mirror);
    this.#remember(plane);
  }

  #remember(plane: LivePlane): void {
    for (const cluster of plane.plane.clusters) this.#clusters.add(cluster);
  }

  /** As many requests can be in work as may be at a time: no place was lost. */
  async expectRoom(plane: LivePlane): Promise<void> {
    // What is silent is given up, ejections end, copies run out of time.
    this.clock.advance(700_000);
    await plane.quiet();
    expect(plane.stat(`http.${LISTENER}.fault.active_faults`)).toBe(0);
    const { circuitBreakers: _, ...unlimited } = plane.cluster('web');
    plane.apply({ clusters: { upserted: [unlimited], removed: [] } });
    const blocked = `http.${LISTENER}.adaptive_concurrency.gradient_controller.rq_blocked`;
    const before = plane.stat(blocked);
    const clients = await Promise.all(Array.from({ length: AT_A_TIME }, () => plane.client()));
    const logged = plane.log.length;
    for (const client of clients) client.send(get('web', CALM));
    // Or aborted on purpose.
    const begun = (): number => plane.stat(`http.${LISTENER}.downstream_rq_active`) + plane.log.length - logged;
    await until('all are in work', () => begun() === AT_A_TIME);
    expect(plane.stat(blocked)).toBe(before);
    for (const client of clients) client.reset();
    this.clock.advance(20_000);
    await plane.quiet();
    this.#restore(plane);
  }

  expectNothingHeld(): void {
    expect(this.pods.problems).toEqual([]);
    for (const { name, breakers, retries, stats, mirror } of this.#clusters) {
      const { connections, pending, requests } = breakers?.default ?? {};
      const active = retries.default instanceof RetryLimit ? retries.default.active : Number.NaN;
      const held = { name, connections, pending, requests, active, requestsActive: stats.requestsActive };
      const none = { name, connections: 0, pending: 0, requests: 0, active: 0, requestsActive: 0 };
      expect({ ...held, copied: mirror.bodies.bytes }).toEqual({ ...none, copied: 0 });
    }
    expect(this.clock.pendingTimers).toBe(0);
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound);
  }
}

/** Each request is logged once at most, and once where its caller was answered. */
function expectOneEndEach(plane: LivePlane, answered: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const { path } of plane.log) counts.set(path, (counts.get(path) ?? 0) + 1);
  expect([...counts].filter(([path, count]) => path !== '' && path !== CALM && count !== 1)).toEqual([]);
  expect(answered.filter((id) => counts.get(`/${id}`) !== 1)).toEqual([]);
}

it.each<[string, RetryPolicySpec]>([
  ['retries', RETRY],
  ['retries behind pauses', { ...RETRY, backOff: { baseMs: 20, maxMs: 80 } }],
  ['hedges', { ...RETRY, hedgeOnPerTryTimeout: true }],
  ['hedges behind pauses', { ...RETRY, hedgeOnPerTryTimeout: true, backOff: { baseMs: 20, maxMs: 80 } }],
])(
  'whatever callers, pods and configuration do at the same time, each request gets one end, and nothing stays behind: with %s',
  async (_, retry) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const storm = new Storm(seed);
        const plane = await storm.start(retry);
        const callers = new StormCallers(plane, storm.pods, seededRandom(seed + 1));
        await storm.rage(plane, callers);
        await storm.expectRoom(plane);
        expectOneEndEach(plane, callers.answered);
        await stage.close();
        await until('timers are gone', () => storm.clock.pendingTimers === 0);
        storm.expectNothingHeld();
        for (const close of closing.splice(0)) close();
      }),
      { numRuns: 4, endOnFailure: true },
    );
  },
  120_000,
);
