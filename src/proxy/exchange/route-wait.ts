// A request whose routes have been asked for, and for how long it waits.
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { RouteTable } from '../route/route-table.ts';
import { RequestHold } from './request-hold.ts';
import type { RouteDemand, RouteWaiter } from './route-demand.ts';

export interface RouteWaitOwner {
  /** The request goes on: with its routes, then with what `replay` gives. */
  onRoutes(wait: RouteWait, table: RouteTable, note: string): void;
  /** It is answered with this. */
  rescue(code: ErrorCode, detail: string): void;
}

export class RouteWait extends RequestHold implements RouteWaiter, TimerOwner {
  readonly #owner: RouteWaitOwner;
  readonly #demand: RouteDemand;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;

  constructor(owner: RouteWaitOwner, demand: RouteDemand, wheel: TimerWheel) {
    super();
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

  override cancel(): void {
    super.cancel();
    this.#wheel.cancel(this.#timer);
    this.#demand.forget(this);
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
