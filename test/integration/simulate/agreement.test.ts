// The simulator and a sidecar on real sockets agree: not about, but attempt by attempt. Both get the same requests in the same order, the same
// attempts fail, and both balancers draw from the same seed; so that whatever differs is a fault of the simulator.

import { LocalPlane } from '../../../src/app/local-plane.ts';
import { createSimulatedPlane } from '../../../src/app/simulated-plane.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { TimerWheel } from '../../../src/base/timer-wheel.ts';
import { ENV_NAMES, PROXY_SETTINGS } from '../../../src/config/index.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import type { Changes } from '../../../src/model/config-sink.ts';
import { ClusterStats } from '../../../src/proxy/upstream/cluster-stats.ts';
import { ConnectionPool } from '../../../src/proxy/upstream/connection-pool.ts';
import type { CreateEndpointPool } from '../../../src/proxy/upstream/endpoint-pools.ts';
import type { UnlimitedPool } from '../../../src/proxy/upstream/limited-pool.ts';
import { Arrivals } from '../../../src/simulate/arrivals.ts';
import { DRAW_FATE, draw } from '../../../src/simulate/draws.ts';
import type { Failure, ScenarioSpec } from '../../../src/simulate/scenario-spec.ts';
import type { CreatePlane } from '../../../src/simulate/simulation.ts';
import { VirtualClock } from '../../../src/simulate/virtual-clock.ts';
import { systemDial } from '../../support/live-plane.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ScriptedBackend } from '../../support/scripted-backend.ts';
import { QUIET, simulated } from '../../support/simulated-run.ts';
import { until } from '../../support/until.ts';

const SEED = 7;
const BALANCER_SEED = 1;

/** Nothing about time may differ: no interval of outlier detection ends, and the window of the retry budget is one. */
const frozen: Clock = { now: () => 0, wallNow: () => 0, after: systemClock.after, every: () => () => {} };

interface Case {
  readonly annotations: Readonly<Record<string, string>>;
  readonly failure: Failure;
  readonly share: number;
}

interface Course {
  /** Addresses in the order in which they were tried. */
  readonly tried: readonly string[];
  /** What callers got: how many of each status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** 400 requests, in 4 s: less than the retry budget looks back. Each is answered before the next one comes. */
function scenarioOf({ failure, share }: Case): ScenarioSpec {
  const methods = [
    { method: 'GET', share: 0.7 },
    { method: 'POST', share: 0.3 },
  ];
  return {
    ...QUIET,
    ...{ durationMs: 4_000, load: { ratePerSecond: 100, methods }, sessions: 50 },
    pods: { count: 4, zones: [], latency: { kind: 'fixed', ms: 0 }, concurrency: 0, queue: 0 },
    events: [{ atMs: 0, do: 'fail', pods: { kind: 'numbers', numbers: [1, 2] }, share, failure }],
  };
}

/** Notes each attempt before it is made. */
function watched(pool: UnlimitedPool, note: () => void): UnlimitedPool {
  return {
    get idleCount() {
      return pool.idleCount;
    },
    begin(...attempt) {
      note();
      return pool.begin(...attempt);
    },
    wayFor: (...request) => pool.wayFor(...request),
    setLimits: (limits) => pool.setLimits(limits),
    drain: () => pool.drain(),
    close: () => pool.close(),
  };
}

async function simulate(of: Case): Promise<Course & { readonly told: Changes }> {
  const tried: string[] = [];
  let told: Changes | null = null;
  const createPlane: CreatePlane = (options) => {
    const random = seededRandom(BALANCER_SEED);
    const createPool: CreateEndpointPool = (endpoint, ...limits) =>
      watched(options.createPool(endpoint, ...limits), () => tried.push(endpoint.host));
    const plane = createSimulatedPlane({ ...options, random, createPool });
    return {
      apply: (changes) => {
        const issues = plane.apply(changes);
        // A connection draws its age when it is accepted, and a simulated caller has none.
        if (told === null) random.next();
        told ??= changes;
        return issues;
      },
      get listeners() {
        return plane.listeners;
      },
      close: () => plane.close(),
    };
  };
  const { figures } = await simulated(scenarioOf(of), { annotations: of.annotations, seed: SEED, createPlane });
  if (told === null) throw new Error('the sidecars were told nothing');
  return { tried, told, statuses: new Map([['good', figures.requests - figures.errors], ...figures.reasons]) };
}

/** The requests of the scenario, as its callers write them. */
function requestsOf({ load, sessions, durationMs: untilMs }: ScenarioSpec): readonly string[] {
  const clock = new VirtualClock();
  const requests: string[] = [];
  const send = (request: number, _caller: number, session: number, method: number): void => {
    const fields = `Host: shop.default:80\r\nx-request-id: ${request}\r\nx-user: session-${session}\r\n`;
    requests.push(`${load.methods[method]?.method} / HTTP/1.1\r\n${fields}\r\n`);
  };
  new Arrivals({ clock, random: seededRandom(SEED), load, callers: 1, sessions, untilMs, send }).start();
  clock.runUntil(untilMs);
  return requests;
}

/** Pods that do with each attempt what simulated ones do; by the address that they are told of. */
async function startPods({ failure, share }: Case, count: number): Promise<ReadonlyMap<string, ScriptedBackend>> {
  const attempts = new Map<number, number>();
  const pods = Array.from({ length: count }, async (_, number) => {
    const fails = number === 1 || number === 2;
    const backend = await ScriptedBackend.start((request, connection) => {
      const id = Number(request.get('x-request-id'));
      const attempt = (attempts.get(id) ?? 0) + 1;
      attempts.set(id, attempt);
      if (!fails || draw(SEED, id, attempt, DRAW_FATE) >= share) connection.answer(200);
      else if (typeof failure === 'object') connection.answer(failure.status);
      else connection.reset();
    });
    return [`10.128.0.${number}`, backend] as const;
  });
  return new Map(await Promise.all(pods));
}

/** The same configuration, on a port. */
function bound({ listeners, ...others }: Changes): Changes {
  const upserted = (listeners?.upserted ?? []).map(({ bindToPort: _, ...spec }) => {
    return { ...spec, address: { host: '127.0.0.1', port: 0 }, additionalAddresses: [] };
  });
  return { ...others, listeners: { upserted, removed: [] } };
}

async function onSockets(of: Case, told: Changes): Promise<Course> {
  const scenario = scenarioOf(of);
  const pods = await startPods(of, scenario.pods.count);
  const tried: string[] = [];
  const statuses = new Map<string, number>([['good', 0]]);
  const settings = parseSettings(PROXY_SETTINGS, { SWITCHBOARD_ACCESS_LOG: 'off' }, ENV_NAMES);
  if (!settings.ok) throw new Error('the settings of the test are wrong');
  const options = { dial: systemDial, wheel: new TimerWheel(frozen), idleTimeoutMs: 60_000, now: () => 0 };
  const plane = new LocalPlane({
    ...{ settings: settings.value, demand: null, clock: frozen, random: seededRandom(BALANCER_SEED), log: silentLog },
    memoryMarkBytes: Number.POSITIVE_INFINITY,
    createPool: (endpoint, limits) => {
      const dial: typeof systemDial = (host, _port, onread) => {
        const pod = pods.get(host);
        return systemDial(pod?.host ?? '', pod?.port ?? 0, onread);
      };
      const pool = new ConnectionPool(endpoint, new ClusterStats(), { ...options, dial }, limits);
      return watched(pool, () => tried.push(endpoint.host));
    },
  });
  plane.apply(bound(told));
  await until('the listener accepts', () => plane.dataPlane.readiness().ready);
  const client = await RawClient.connect(plane.dataPlane.listeners[0]?.addresses[0]?.port ?? 0);
  for (const request of requestsOf(scenario)) {
    const answer = await client.ask(request);
    const reason = answer.status < 500 ? 'good' : (answer.get('x-switchboard-error') ?? `status ${answer.status}`);
    statuses.set(reason, (statuses.get(reason) ?? 0) + 1);
  }
  client.socket.destroy();
  await plane.close();
  for (const pod of pods.values()) await pod.close();
  return { tried, statuses };
}

const HEADER = { 'switchboard.dev/affinity': 'header:x-user' };
const off = { 'switchboard.dev/outlier-detection': 'off' };

describe('a simulated sidecar and one on real sockets', () => {
  it.each<[string, Case]>([
    ['answers of 503, with the defaults', { annotations: {}, failure: { status: 503 }, share: 0.5 }],
    ['answers of 503 that eject nobody', { annotations: off, failure: { status: 503 }, share: 0.5 }],
    ['resets, with the defaults', { annotations: {}, failure: 'reset', share: 0.5 }],
    ['resets that eject nobody', { annotations: off, failure: 'reset', share: 0.3 }],
    [
      'answers of 500 that eject after three in a row',
      {
        annotations: { 'switchboard.dev/outlier-detection': 'consecutive-5xx=3' },
        failure: { status: 500 },
        share: 0.6,
      },
    ],
    [
      'pods drawn by chance',
      { annotations: { ...off, 'switchboard.dev/load-balancer': 'random' }, failure: 'reset', share: 0.5 },
    ],
    [
      'the less loaded of two pods',
      { annotations: { 'switchboard.dev/load-balancer': 'least-request' }, failure: { status: 503 }, share: 0.5 },
    ],
    [
      'a pod for each user by Maglev',
      { annotations: { ...HEADER, 'switchboard.dev/load-balancer': 'maglev' }, failure: 'reset', share: 0.5 },
    ],
    [
      'a pod for each user by ring hash',
      {
        annotations: { ...HEADER, 'switchboard.dev/load-balancer': 'ring-hash' },
        failure: { status: 502 },
        share: 0.5,
      },
    ],
  ])(
    'try the same pods in the same order, and give the same answers: %s',
    async (_what, of) => {
      const { told, ...course } = await simulate(of);
      expect(course.tried.length).toBeGreaterThan(350);
      expect(await onSockets(of, told)).toEqual(course);
    },
    60_000,
  );
});
