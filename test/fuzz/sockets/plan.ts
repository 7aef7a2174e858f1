// What one caller's connection does in the fuzz of sockets, drawn at random: its requests, what the pod does with each, and whether the caller leaves.
import { type Random, randomBelow } from '../../../src/base/random.ts';

export type RequestFraming = 'none' | 'length' | 'chunked';
export type AnswerFraming = 'length' | 'chunked' | 'close';

export type PodFault =
  /** Instead of an answer, when the head (or part of the body) has come. */
  | { readonly at: 'request'; readonly how: 'fin' | 'rst' | 'stall' | 'greeting' }
  /** Behind this share (0–1) of the answer's bytes; `garbage` is what no parser may take. */
  | { readonly at: 'answer'; readonly share: number; readonly how: 'fin' | 'rst' | 'stall' | 'garbage' }
  /** Behind the complete answer, in the same write. */
  | { readonly at: 'behind'; readonly how: 'another answer' | 'garbage' };

export interface RequestPlan {
  /** Unique in a run; also the path, and what both bodies are made of. */
  readonly id: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly versionMinor: 0 | 1;
  readonly body: { readonly framing: RequestFraming; readonly bytes: number };
  readonly answer: {
    readonly status: number;
    readonly framing: AnswerFraming;
    readonly bytes: number;
    readonly interim: boolean;
  };
  readonly fault: PodFault | null;
  /** What the pod does with its connection behind the answer; `say` = Connection: close. */
  readonly afterwards: 'keep' | 'say' | 'fin' | 'rst';
  /** For whatever else is drawn on the way: where bytes are cut into pieces. */
  readonly seed: number;
}

export interface Leave {
  /** Number of the request. */
  readonly at: number;
  readonly phase: 'sending' | 'waiting' | 'reading';
  readonly how: 'fin' | 'rst';
}

export interface CallerPlan {
  readonly requests: readonly RequestPlan[];
  /** All requests are sent before the first answer is read. */
  readonly pipelined: boolean;
  /** Pauses while it reads. */
  readonly slow: boolean;
  readonly leave: Leave | null;
  readonly seed: number;
}

const SEED_RANGE = 2 ** 31;
const MOST_REQUESTS = 6;

export function oneOf<T>(random: Random, ...values: readonly [T, ...T[]]): T {
  return values[randomBelow(random, values.length)] as T;
}

export function chance(random: Random, share: number): boolean {
  return random.next() < share;
}

export function drawCaller(random: Random, name: string): CallerPlan {
  const count = 1 + randomBelow(random, MOST_REQUESTS);
  const versionMinor = chance(random, 0.1) ? 0 : 1;
  const phase = oneOf(random, 'sending', 'waiting', 'reading');
  return {
    requests: Array.from({ length: count }, (_, index) => drawRequest(random, `${name}-${index}`, versionMinor)),
    pipelined: chance(random, 0.25),
    slow: chance(random, 0.1),
    leave: chance(random, 0.08) ? { at: randomBelow(random, count), phase, how: oneOf(random, 'fin', 'rst') } : null,
    seed: randomBelow(random, SEED_RANGE),
  };
}

function drawRequest(random: Random, id: string, versionMinor: 0 | 1): RequestPlan {
  const method = oneOf(random, 'GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT');
  const bodiless = method === 'GET' || method === 'HEAD';
  const framing = bodiless ? 'none' : versionMinor === 0 ? 'length' : oneOf(random, 'length', 'chunked');
  const fault = chance(random, 0.25) ? drawFault(random) : null;
  const small = fault?.at === 'behind';
  return {
    id,
    method,
    versionMinor,
    body: { framing, bytes: framing === 'none' ? 0 : drawSize(random) },
    answer: {
      status: oneOf(random, 200, 200, 200, 404, 500, 503),
      // What ends with the connection tells its end by nothing else, and takes nothing behind it.
      framing: small ? oneOf(random, 'length', 'chunked') : drawFraming(random, fault),
      bytes: small ? randomBelow(random, 2_000) : drawSize(random),
      interim: chance(random, 0.05),
    },
    fault,
    afterwards: oneOf(random, 'keep', 'keep', 'keep', 'keep', 'keep', 'say', 'fin', 'rst'),
    seed: randomBelow(random, SEED_RANGE),
  };
}

/** An answer that ends with its connection and is cut by a FIN is a complete one for everybody. */
function drawFraming(random: Random, fault: PodFault | null): AnswerFraming {
  if (fault?.at === 'answer' && fault.how !== 'rst') return oneOf(random, 'length', 'chunked');
  return oneOf(random, 'length', 'length', 'chunked', 'chunked', 'close');
}

function drawFault(random: Random): PodFault {
  const kind = random.next();
  if (kind < 0.4)
    return { at: 'request', how: chance(random, 0.1) ? 'stall' : oneOf(random, 'fin', 'rst', 'greeting') };
  if (kind < 0.85) {
    const how = chance(random, 0.1) ? 'stall' : oneOf(random, 'fin', 'rst', 'garbage');
    return { at: 'answer', share: random.next(), how };
  }
  return { at: 'behind', how: oneOf(random, 'another answer', 'garbage') };
}

function drawSize(random: Random): number {
  const kind = random.next();
  if (kind < 0.1) return 0;
  if (kind < 0.7) return randomBelow(random, 1_000);
  if (kind < 0.97) return randomBelow(random, 20_000);
  return randomBelow(random, 300_000);
}
