// The simulator and a sidecar on real sockets agree: not about, but attempt by attempt. Both get the same requests in the same order, the same
// attempts fail, and both balancers draw from the same seed; so that whatever differs is a fault of the simulator.

import { constants } from 'node:http2';
import { LocalPlane } from '../../../src/app/local-plane.ts';
import { createSimulatedPlane } from '../../../src/app/simulated-plane.ts';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { TimerWheel } from '../../../src/base/timer-wheel.ts';
import { ENV_NAMES, PROXY_SETTINGS } from '../../../src/config/index.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import type { Changes } from '../../../src/model/config-sink.ts';
import { Http2Commons } from '../../../src/proxy/codec/http2/http2-commons.ts';
import { Http2Stats } from '../../../src/proxy/codec/http2/http2-stats.ts';
import { ClusterStats } from '../../../src/proxy/upstream/cluster-stats.ts';
import { ConnectionPool } from '../../../src/proxy/upstream/connection-pool.ts';
import type { CreateEndpointPool } from '../../../src/proxy/upstream/endpoint-pools.ts';
import { Http2Pool } from '../../../src/proxy/upstream/http2-pool.ts';
import type { UnlimitedPool } from '../../../src/proxy/upstream/limited-pool.ts';
import { Arrivals } from '../../../src/simulate/arrivals.ts';
import { DRAW_FATE, draw } from '../../../src/simulate/draws.ts';
import { describeCode } from '../../../src/simulate/outcomes.ts';
import type { Failure, ScenarioSpec } from '../../../src/simulate/scenario-spec.ts';
import type { CreatePlane } from '../../../src/simulate/simulation.ts';
import { VirtualClock } from '../../../src/simulate/virtual-clock.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { systemDial, type TestAddress } from '../../support/live-plane.ts';
import { RawClient } from '../../support/raw-client.ts';
import { ScriptedBackend } from '../../support/scripted-backend.ts';
import { QUIET, simulated, trafficPolicy } from '../../support/simulated-run.ts';
import { until } from '../../support/until.ts';

const SEED = 7;
const BALANCER_SEED = 1;

/** Nothing about time may differ: no interval of outlier detection ends, and the window of the retry budget is one. */
const frozen: Clock = { now: () => 0, wallNow: () => 0, after: systemClock.after, every: () => () => {} };

interface Case {
  readonly annotations: Readonly<Record<string, string>>;
  readonly failure: Failure;
  readonly share: number;
  readonly grpc?: true;
  readonly bodyBytes?: number;
  /** Of a TrafficPolicy. */
  readonly retries?: object;
}

const HTTP = [
  { method: 'GET', share: 0.7 },
  { method: 'POST', share: 0.3 },
];
const UPLOADS = [
  { method: 'PUT', share: 0.7 },
  { method: 'POST', share: 0.3 },
];
const CALLS = [
  { method: 'shop.Cart/Get', share: 0.7 },
  { method: 'shop.Cart/Add', share: 0.3 },
];

interface Course {
  /** Addresses in the order in which they were tried. */
  readonly tried: readonly string[];
  /** What callers got: how many of each status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/** 400 requests, in 4 s: less than the retry budget looks back. Each is answered before the next one comes. */
function scenarioOf({ failure, share, grpc, bodyBytes }: Case): ScenarioSpec {
  const body = bodyBytes === undefined ? {} : { bodyBytes };
  const methods = bodyBytes === undefined ? HTTP : UPLOADS;
  const kind = grpc === undefined ? { methods } : { methods: CALLS, grpc };
  return {
    ...QUIET,
    ...{ durationMs: 4_000, load: { ratePerSecond: 100, ...kind, ...body }, sessions: 50 },
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
        // A connection draws its age when it is accepted, and once more when it turns out to be one of HTTP/2; a simulated caller has none.
        if (told === null) random.next();
        if (told === null && of.grpc === true) random.next();
        told ??= changes;
        return issues;
      },
      get listeners() {
        return plane.listeners;
      },
      close: () => plane.close(),
    };
  };
  const others = of.retries === undefined ? [] : [trafficPolicy({ retries: of.retries })];
  const { annotations } = of;
  const { figures } = await simulated(scenarioOf(of), { annotations, others, seed: SEED, createPlane });
  if (told === null) throw new Error('the sidecars were told nothing');
  return { tried, told, statuses: new Map([['good', figures.requests - figures.errors], ...figures.reasons]) };
}

interface Request {
  readonly method: string;
  readonly id: number;
  readonly user: string;
}

/** In the order in which they come. */
function requestsOf({ load, sessions, durationMs: untilMs }: ScenarioSpec): readonly Request[] {
  const clock = new VirtualClock();
  const requests: Request[] = [];
  const send = (request: number, _caller: number, session: number, method: number): void => {
    requests.push({ method: load.methods[method]?.method ?? '', id: request, user: `session-${session}` });
  };
  new Arrivals({ clock, random: seededRandom(SEED), load, callers: 1, sessions, untilMs, send }).start();
  clock.runUntil(untilMs);
  return requests;
}

/** Answers with what came of a request; 'good' = an answer. */
interface Caller {
  ask(request: Request): Promise<string>;
  close(): void;
}

async function httpCaller(port: number, { bodyBytes = 0 }: Case): Promise<Caller> {
  const client = await RawClient.connect(port);
  const ask = async ({ method, id, user }: Request): Promise<string> => {
    const body = method === 'GET' ? '' : 'x'.repeat(bodyBytes);
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    const fields = `Host: shop.default:80\r\nx-request-id: ${id}\r\nx-user: ${user}\r\n${length}`;
    const answer = await client.ask(`${method} / HTTP/1.1\r\n${fields}\r\n${body}`);
    return answer.status < 500 ? 'good' : (answer.get('x-switchboard-error') ?? `status ${answer.status}`);
  };
  return { ask, close: () => client.socket.destroy() };
}

function grpcCaller(port: number, { bodyBytes = 5 }: Case): Caller {
  const client = new Http2Caller(port);
  const body = Buffer.alloc(bodyBytes);
  const ask = async ({ method, id, user }: Request): Promise<string> => {
    const fields = { 'content-type': 'application/grpc', te: 'trailers', 'x-request-id': String(id), 'x-user': user };
    const answer = await client.ask('shop.default:80', { ':method': 'POST', ':path': `/${method}`, ...fields }, body);
    const own = answer.headers['x-switchboard-error'];
    if (own !== undefined) return String(own);
    const code = answer.headers['grpc-status'] ?? answer.trailers['grpc-status'];
    return Number(code) === 0 ? 'good' : describeCode(Number(code));
  };
  return { ask, close: () => client.close() };
}

interface Pod extends TestAddress {
  close(): void | Promise<void>;
}

/** Pods that do with each attempt what simulated ones do; by the address that they are told of. */
async function startPods(of: Case, count: number): Promise<ReadonlyMap<string, Pod>> {
  const attempts = new Map<number, number>();
  const drawFor = (id: number): number => {
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    return draw(SEED, id, attempt, DRAW_FATE);
  };
  const pods = Array.from({ length: count }, async (_, number) => {
    const failing = { ...of, share: number === 1 || number === 2 ? of.share : 0 };
    const start = of.grpc === undefined ? startHttpPod : startGrpcPod;
    return [`10.128.0.${number}`, await start(failing, drawFor)] as const;
  });
  return new Map(await Promise.all(pods));
}

function startHttpPod({ failure, share }: Case, drawFor: (id: number) => number): Promise<Pod> {
  return ScriptedBackend.start(async (request, connection) => {
    await request.body;
    if (drawFor(Number(request.get('x-request-id'))) >= share) connection.answer(200);
    else if (typeof failure === 'object' && 'status' in failure) connection.answer(failure.status);
    else connection.reset();
  });
}

function startGrpcPod({ failure, share }: Case, drawFor: (id: number) => number): Promise<Pod> {
  return Http2Backend.start((stream, headers) => {
    const head = { 'content-type': 'application/grpc' };
    const answerLate = (code: number): void => {
      stream.respond(head, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(code) }));
      stream.end();
    };
    stream.resume().on('end', () => {
      if (drawFor(Number(headers['x-request-id'])) >= share) answerLate(0);
      else if (typeof failure !== 'object' || 'status' in failure) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else if (failure.late) answerLate(failure.code);
      else stream.respond({ ...head, 'grpc-status': String(failure.code) }, { endStream: true });
    });
  });
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
  const commons = new Http2Commons(65_536, () => 0, new Http2Stats());
  const plane = new LocalPlane({
    ...{ settings: settings.value, demand: null, clock: frozen, random: seededRandom(BALANCER_SEED), log: silentLog },
    memoryMarkBytes: Number.POSITIVE_INFINITY,
    createPool: (endpoint, limits) => {
      const dial: typeof systemDial = (host, _port, onread) => {
        const pod = pods.get(host);
        return systemDial(pod?.host ?? '', pod?.port ?? 0, onread);
      };
      const pool =
        of.grpc === undefined
          ? new ConnectionPool(endpoint, new ClusterStats(), { ...options, dial }, limits)
          : new Http2Pool(endpoint, new ClusterStats(), { ...options, dial }, limits, commons);
      return watched(pool, () => tried.push(endpoint.host));
    },
  });
  plane.apply(bound(told));
  await until('the listener accepts', () => plane.dataPlane.readiness().ready);
  const port = plane.dataPlane.listeners[0]?.addresses[0]?.port ?? 0;
  const caller = of.grpc === undefined ? await httpCaller(port, of) : grpcCaller(port, of);
  for (const request of requestsOf(scenario)) {
    const reason = await caller.ask(request);
    statuses.set(reason, (statuses.get(reason) ?? 0) + 1);
  }
  caller.close();
  await plane.close();
  for (const pod of pods.values()) await pod.close();
  return { tried, statuses };
}

const HEADER = { 'switchboard.dev/affinity': 'header:x-user' };
const off = { 'switchboard.dev/outlier-detection': 'off' };
const UNAVAILABLE = 14;
const INTERNAL = 13;

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
    [
      'calls of gRPC that are refused in heads, with the defaults',
      { annotations: {}, failure: { code: UNAVAILABLE, late: false }, share: 0.5, grpc: true },
    ],
    [
      'calls of gRPC that are refused in heads, and eject nobody',
      { annotations: off, failure: { code: UNAVAILABLE, late: false }, share: 0.5, grpc: true },
    ],
    [
      'calls of gRPC that are refused in heads and repeated',
      {
        annotations: off,
        retries: { attempts: 3, retryOn: ['unavailable'] },
        failure: { code: UNAVAILABLE, late: false },
        share: 0.6,
        grpc: true,
      },
    ],
    [
      'calls of gRPC that fail behind their answers, with the defaults',
      { annotations: {}, failure: { code: UNAVAILABLE, late: true }, share: 0.5, grpc: true },
    ],
    [
      'calls of gRPC that fail behind their answers, and eject after three in a row',
      {
        annotations: { 'switchboard.dev/outlier-detection': 'consecutive-5xx=3' },
        failure: { code: INTERNAL, late: true },
        share: 0.6,
        grpc: true,
      },
    ],
    [
      'calls of gRPC whose streams are reset, and that are repeated',
      { annotations: {}, retries: { attempts: 2, retryOn: ['reset'] }, failure: 'reset', share: 0.3, grpc: true },
    ],
    [
      'calls of gRPC that are too large to be repeated',
      {
        annotations: off,
        retries: { attempts: 3, retryOn: ['unavailable', 'reset'] },
        failure: { code: UNAVAILABLE, late: false },
        share: 0.5,
        grpc: true,
        bodyBytes: 100 * 1_024,
      },
    ],
    [
      'bodies that fit, and are sent again',
      { annotations: off, failure: { status: 503 }, share: 0.5, bodyBytes: 64 * 1_024 },
    ],
    [
      'bodies that do not fit, and are sent once',
      { annotations: off, failure: { status: 503 }, share: 0.5, bodyBytes: 64 * 1_024 + 1 },
    ],
    [
      'bodies that are lost with their connections',
      { annotations: {}, failure: 'reset', share: 0.5, bodyBytes: 20_000 },
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
