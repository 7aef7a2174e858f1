// The fuzz of sockets: callers, pods and changes of configuration at random around one data plane, and what must hold for every request.
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts';
import { LivePlane, type TestAddress } from '../../support/live-plane.ts';
import { checkOutcomes } from './check-outcomes.ts';
import { FuzzCaller } from './fuzz-caller.ts';
import { FuzzHttp2Caller } from './fuzz-http2-caller.ts';
import { FuzzHttp2Pod } from './fuzz-http2-pod.ts';
import { FuzzPod, type PodLedger } from './fuzz-pod.ts';
import type { Outcome } from './outcome.ts';
import { type CallerPlan, chance, drawCaller } from './plan.ts';

export interface SocketsRun {
  readonly requests: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

export interface SocketsReport {
  readonly requests: number;
  /** By kind of outcome, a mesh-made answer by its flag. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What breaks a promise, each with the plan of its request. */
  readonly problems: readonly string[];
}

const CALLERS_AT_ONCE = 64;
/** A new data plane after so many: each must end with nothing left. */
const REQUESTS_A_ROUND = 5_000;
const PODS = 3;
const CHANGE_SHARE = 0.02;
/** Of callers. */
const HTTP2_SHARE = 0.4;
/** Of both: through CONNECT. */
const TUNNEL_SHARE = 0.2;
/** Nobody listens there: port 9 of an address of our own. */
const REFUSING: TestAddress = { host: '127.66.0.9', port: 9 };
const TIMEOUTS = { routeTimeoutMs: 800, connectTimeoutMs: 1_000, upstreamIdleTimeoutMs: 60 };

/** Ends early at the first round with a problem. */
export async function fuzzSockets({ requests, seed, onProgress }: SocketsRun): Promise<SocketsReport> {
  const random = seededRandom(seed);
  const outcomes = new Map<string, number>();
  const problems: string[] = [];
  let done = 0;
  // Pods of both kinds have their share of a short run too.
  const roundSize = Math.min(REQUESTS_A_ROUND, Math.ceil(requests / 2));
  for (let round = 0; done < requests && problems.length === 0; round += 1) {
    const protocol = round % 2 === 0 ? 'http1' : 'http2';
    const results = await runRound(random, Math.min(roundSize, requests - done), `r${round}`, protocol, problems);
    for (const { kind, detail } of results) {
      const name = kind === 'mesh' ? `mesh ${detail}` : kind;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    done += results.length;
    onProgress?.(done);
  }
  return { requests: done, outcomes, problems };
}

/** `protocol`: of the pods; callers speak either. */
async function runRound(
  random: Random,
  requests: number,
  name: string,
  protocol: 'http1' | 'http2',
  problems: string[],
): Promise<Outcome[]> {
  const ledger: PodLedger = { seen: new Map(), problems };
  const Pod = protocol === 'http1' ? FuzzPod : FuzzHttp2Pod;
  const pods = await Promise.all(Array.from({ length: PODS }, () => Pod.start(randomBelow(random, 2 ** 31), ledger)));
  const addresses = pods.map(({ address }) => address);
  const http2Services = protocol === 'http2' ? ['web'] : [];
  const plane = await LivePlane.start({ services: { web: addresses }, http2Services, ...TIMEOUTS });
  // What is said in a tunnel is looked for, and found to be HTTP.
  plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), appProtocol: 'http' }], removed: [] } });
  const outcomes: Outcome[] = [];
  let drawn = 0;
  let callers = 0;
  const work = async (): Promise<void> => {
    while (drawn < requests) {
      if (chance(random, CHANGE_SHARE)) plane.setEndpoints('web', drawEndpoints(random, addresses));
      const plan = drawCaller(random, `${name}c${callers}`);
      callers += 1;
      drawn += plan.requests.length;
      const caller = createCaller(random, plan, plane.port);
      await caller.run();
      outcomes.push(...caller.outcomes);
    }
  };
  await Promise.all(Array.from({ length: CALLERS_AT_ONCE }, work));
  await plane.quiet();
  problems.push(...checkOutcomes(outcomes, plane.log, ledger.seen, protocol === 'http2'));
  await plane.close();
  await Promise.all(pods.map((pod) => pod.close()));
  return outcomes;
}

function createCaller(random: Random, plan: CallerPlan, port: number): FuzzCaller | FuzzHttp2Caller {
  const tunnelled = chance(random, TUNNEL_SHARE);
  return chance(random, HTTP2_SHARE)
    ? new FuzzHttp2Caller(plan, port, tunnelled)
    : new FuzzCaller(plan, port, tunnelled);
}

/** At least one pod that works, perhaps one that refuses. */
function drawEndpoints(random: Random, addresses: readonly TestAddress[]): TestAddress[] {
  const some = addresses.filter(() => chance(random, 0.6));
  const working = some.length > 0 ? some : addresses.slice(0, 1);
  return chance(random, 0.2) ? [...working, REFUSING] : working;
}
