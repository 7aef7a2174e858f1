// @hot
// What all pods and callers of one simulation share: time, chance, attempts that are used again, and the answers that pods give.

import { ResponseHead } from '../proxy/codec/head.ts';
import { parseResponseHead } from '../proxy/codec/http1/parse-response-head.ts';
import type { Figures } from './figures.ts';
import { SimulatedCall } from './simulated-call.ts';
import type { SimulatedHead } from './simulated-head.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import type { VirtualClock } from './virtual-clock.ts';

export class Scene {
  readonly clock: VirtualClock;
  /** A 32-bit integer. */
  readonly seed: number;
  readonly #figures: Figures;
  readonly #calls: SimulatedCall[] = [];
  readonly #heads = new Map<number, ResponseHead>();

  constructor(clock: VirtualClock, seed: number, figures: Figures) {
    this.clock = clock;
    this.seed = seed;
    this.#figures = figures;
  }

  takeCall(): SimulatedCall {
    return this.#calls.pop() ?? new SimulatedCall(this); // alloc-ok: as many as run at a time
  }

  giveCall(call: SimulatedCall): void {
    this.#calls.push(call);
  }

  onAttempt(head: SimulatedHead): void {
    this.#figures.noteAttempt(head.attempts > 1, this.clock.now());
  }

  onReceived(pod: SimulatedPod): void {
    this.#figures.noteReceived(pod.place.number, this.clock.now());
  }

  /** An answer without a body. */
  responseHead(status: number): ResponseHead {
    return this.#heads.get(status) ?? this.#createHead(status);
  }

  #createHead(status: number): ResponseHead {
    const text = `HTTP/1.1 ${status} simulated\r\ncontent-length: 0\r\n\r\n`;
    const bytes = Buffer.from(text, 'latin1');
    const head = new ResponseHead(1); // alloc-ok: once a status
    const problem = parseResponseHead(bytes, 0, bytes.length, head, 'GET');
    if (problem !== 0) throw new Error(`no answer has the status ${status}`); // alloc-ok: says that the simulator itself is wrong
    this.#heads.set(status, head);
    return head;
  }
}
