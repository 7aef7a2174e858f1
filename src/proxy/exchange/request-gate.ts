// @hot
// Whether a request may go on: it waits for routes that have been asked for, or behind a filter that delays it.
import type { TimerWheel } from '../../base/timer-wheel.ts';
import type { RequestHold, RequestTaker } from './request-hold.ts';
import type { RouteDemand } from './route-demand.ts';
import { RouteWait, type RouteWaitOwner } from './route-wait.ts';

/** One object an exchange, for all of its requests. */
export class RequestGate {
  readonly #owner: RouteWaitOwner & RequestTaker;
  readonly #wheel: TimerWheel;
  #hold: RequestHold | null = null;

  constructor(owner: RouteWaitOwner & RequestTaker, wheel: TimerWheel) {
    this.#owner = owner;
    this.#wheel = wheel;
  }

  /** What the request waits in; null = it goes on. */
  get hold(): RequestHold | null {
    return this.#hold;
  }

  /** False: it is for the owner. */
  keepsData(bytes: Buffer, start: number, end: number): boolean {
    return this.#hold?.keepsData(bytes, start, end) === true;
  }

  /** False: it is for the owner. */
  keepsEnd(trailers: string): boolean {
    return this.#hold?.keepsEnd(trailers) === true;
  }

  /** The owner may be told before this returns. */
  awaitRoutes(demand: RouteDemand, authority: string): void {
    const wait = new RouteWait(this.#owner, demand, this.#wheel); // alloc-ok: once a wait
    this.#hold = wait;
    wait.begin(authority);
  }

  close(hold: RequestHold): void {
    this.#hold = hold;
  }

  /**
   * The wait in `hold` is over, and goes when all that it keeps has been given: a further request may begin as soon as this one is answered. False:
   * so it has, or it waits for something else now.
   */
  open(hold: RequestHold): boolean {
    hold.replay(this.#owner);
    if (this.#hold !== hold) return false;
    this.#hold = null;
    return true;
  }

  /** The request is over. */
  cancel(): void {
    if (this.#hold === null) return;
    this.#hold.cancel();
    this.#hold = null;
  }
}
