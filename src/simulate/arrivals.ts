// @hot
// When requests come, of whom, and from where: by chance, and the same whatever becomes of them.
import { type Random, randomBelow } from '../base/random.ts';
import type { Due } from './event-heap.ts';
import type { LoadSpec } from './scenario-spec.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** `method`: its index in the load. */
export type SendRequest = (request: number, caller: number, session: number, method: number) => void;

export interface ArrivalsOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly load: LoadSpec;
  readonly callers: number;
  readonly sessions: number;
  readonly untilMs: number;
  readonly send: SendRequest;
}

const MS_PER_S = 1_000;

/** The request that comes next. One whose time has changed since stays in the heap and says nothing. */
class NextRequest implements Due {
  atMs = 0;
  order = 0;
  readonly #arrivals: Arrivals;

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
  }

  onDue(): void {
    this.#arrivals.onNext(this);
  }
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  #next = new NextRequest(this);
  #ratePerMs: number;
  #request = 0;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    this.#ratePerMs = options.load.ratePerSecond / MS_PER_S;
  }

  start(): void {
    const { clock } = this.#options;
    this.#await(clock.now() + this.#drawInterval());
  }

  /** What was left of the present interval is as much shorter or longer as all that follow. */
  setRate(ratePerSecond: number): void {
    const { clock } = this.#options;
    const leftMs = (this.#next.atMs - clock.now()) * this.#ratePerMs;
    this.#ratePerMs = ratePerSecond / MS_PER_S;
    this.#next = new NextRequest(this); // alloc-ok: an event of the scenario
    this.#await(clock.now() + leftMs / this.#ratePerMs);
  }

  onNext(next: NextRequest): void {
    if (next !== this.#next) return;
    const { random, callers, sessions, send, clock } = this.#options;
    const request = this.#request;
    this.#request += 1;
    const caller = randomBelow(random, callers);
    const session = sessions === 0 ? 0 : randomBelow(random, sessions);
    const method = this.#drawMethod();
    this.#await(clock.now() + this.#drawInterval());
    send(request, caller, session, method);
  }

  #drawInterval(): number {
    return -Math.log(1 - this.#options.random.next()) / this.#ratePerMs;
  }

  #await(atMs: number): void {
    const { clock, untilMs } = this.#options;
    if (atMs < untilMs) clock.add(this.#next, atMs);
    else this.#next.atMs = atMs;
  }

  #drawMethod(): number {
    const { methods } = this.#options.load;
    let left = this.#options.random.next();
    for (let method = 0; method < methods.length - 1; method += 1) {
      left -= (methods[method] as { readonly share: number }).share;
      if (left < 0) return method;
    }
    return methods.length - 1;
  }
}
