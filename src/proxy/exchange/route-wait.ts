// A request whose routes have been asked for: keeps what comes of it meanwhile, and for how long.
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { RouteTable } from '../route/route-table.ts';
import type { RouteDemand, RouteWaiter } from './route-demand.ts';

export interface RouteWaitOwner {
  /** The request goes on: with its routes, then with what `replay` gives. */
  onRoutes(wait: RouteWait, table: RouteTable, note: string): void;
  /** It is answered with this. */
  rescue(code: ErrorCode, detail: string): void;
}

/** Of the owner, as whoever reads from the caller sees it. */
export interface RequestTaker {
  onRequestData(bytes: Buffer, start: number, end: number): void;
  onRequestEnd(trailers: string): void;
}

/** The caller is not read from while its request waits, so that what is kept is no more than the read that brought the head. */
export class RouteWait implements RouteWaiter, TimerOwner {
  readonly #owner: RouteWaitOwner;
  readonly #demand: RouteDemand;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #pieces: Buffer[] = [];
  /** Of the request's end; null = it has not come. */
  #trailers: string | null = null;
  #replaying = false;
  #cancelled = false;

  constructor(owner: RouteWaitOwner, demand: RouteDemand, wheel: TimerWheel) {
    this.#owner = owner;
    this.#demand = demand;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(this);
  }

  /** The owner may be told before this returns. */
  begin(authority: string): void {
    this.#wheel.set(this.#timer, this.#demand.waitMs);
    this.#demand.ask(authority, this);
  }

  /** The request is over. */
  cancel(): void {
    this.#cancelled = true;
    this.#wheel.cancel(this.#timer);
    this.#demand.forget(this);
  }

  /** False: it is for the owner. */
  keepsData(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#replaying) this.#pieces.push(bytes.subarray(start, end));
    return !this.#replaying;
  }

  /** False: it is for the owner. */
  keepsEnd(trailers: string): boolean {
    if (!this.#replaying) this.#trailers = trailers;
    return !this.#replaying;
  }

  /** Each piece may end the request. */
  replay(taker: RequestTaker): void {
    this.#replaying = true;
    for (const piece of this.#pieces) if (!this.#cancelled) taker.onRequestData(piece, 0, piece.length);
    if (this.#trailers !== null && !this.#cancelled) taker.onRequestEnd(this.#trailers);
  }

  onRoutes(table: RouteTable, note: string): void {
    this.#wheel.cancel(this.#timer);
    this.#owner.onRoutes(this, table, note);
  }

  onNoRoutes(code: ErrorCode, detail: string): void {
    this.#wheel.cancel(this.#timer);
    this.#owner.rescue(code, detail);
  }

  onTimer(): void {
    this.#owner.rescue('not_configured', this.#demand.giveUp(this));
  }
}
