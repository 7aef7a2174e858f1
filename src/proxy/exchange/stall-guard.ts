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
  readonly #limitMs: number;
  readonly #timer: WheelTimer;
  #watching = false;

  /** `limitMs` 0 = for ever. */
  constructor(owner: StallOwner, wheel: TimerWheel, limitMs: number) {
    this.#owner = owner;
    this.#wheel = wheel;
    this.#limitMs = limitMs;
    this.#timer = new WheelTimer(this);
  }

  /** An exchange begins. A timer that still runs from the one before is taken over: that spares two of its moves a request. */
  watch(): void {
    this.#watching = true;
    this.moved = true;
    if (this.#limitMs > 0 && !this.#timer.isSet) this.#wheel.set(this.#timer, this.#limitMs);
  }

  /** The exchange has ended. */
  rest(): void {
    this.#watching = false;
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
