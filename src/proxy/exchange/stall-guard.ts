// @hot
// Ends an exchange in which nothing moves any more: one timer a connection, which is not touched as long as something does.
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';

export interface StallOwner {
  /** Nothing has moved for one to two times the limit. */
  onStalled(): void;
}

export class StallGuard implements TimerOwner {
  /** Set by whoever sees a byte pass in either direction. */
  moved = false;
  readonly #owner: StallOwner;
  readonly #wheel: TimerWheel;
  readonly #usualMs: number;
  readonly #timer: WheelTimer;
  #limitMs: number;
  #watching = false;

  /** `usualMs`: the limit of exchanges whose route says nothing of it; 0 = for ever. */
  constructor(owner: StallOwner, wheel: TimerWheel, usualMs: number) {
    this.#owner = owner;
    this.#wheel = wheel;
    this.#usualMs = usualMs;
    this.#limitMs = usualMs;
    this.#timer = new WheelTimer(this);
  }

  /** Of the exchange in work, ms. */
  get limitMs(): number {
    return this.#limitMs;
  }

  /** An exchange begins. A timer that still runs from the one before is taken over: that spares two of its moves a request. */
  watch(): void {
    this.#watching = true;
    this.moved = true;
    if (this.#limitMs > 0 && !this.#timer.isSet) this.#wheel.set(this.#timer, this.#limitMs);
  }

  /** The exchange in work has a limit of its own, from now on; 0 = for ever. */
  limit(limitMs: number): void {
    this.#limitMs = limitMs;
    if (limitMs > 0) this.#wheel.set(this.#timer, limitMs);
    else this.#wheel.cancel(this.#timer);
  }

  /** The exchange has ended. */
  rest(): void {
    this.#watching = false;
    if (this.#limitMs === this.#usualMs) return;
    this.#limitMs = this.#usualMs;
    this.#wheel.cancel(this.#timer);
  }

  /** No further exchange will begin. */
  close(): void {
    this.#watching = false;
    this.#wheel.cancel(this.#timer);
  }

  onTimer(): void {
    if (!this.#watching) return;
    if (this.moved) {
      this.moved = false;
      this.#wheel.set(this.#timer, this.#limitMs);
    } else {
      this.#owner.onStalled();
    }
  }
}
