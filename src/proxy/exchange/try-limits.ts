// How long one try may take: until its answer begins, and without a byte. Its timers are exact: a hedge is about milliseconds, which a wheel does not know.
import type { Cancel, Clock } from '../../base/clock.ts';

export interface TryLimitsOwner {
  /** `idle`: nothing has moved for so long; else its answer has not begun in time. */
  onTryTimeout(idle: boolean, limitMs: number): void;
}

/** One object an attempt, for all of its requests that have limits. */
export class TryLimits {
  readonly #owner: TryLimitsOwner;
  readonly #clock: Clock;
  #idleMs = 0;
  #movedAtMs = 0;
  #cancelWhole: Cancel | null = null;
  #cancelIdle: Cancel | null = null;

  constructor(owner: TryLimitsOwner, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  /** The request is complete; 0 = its answer may begin whenever it likes. */
  awaitAnswer(timeoutMs: number): void {
    if (timeoutMs === 0) return;
    this.#cancelWhole = this.#clock.after(timeoutMs, () => {
      this.#cancelWhole = null;
      this.#owner.onTryTimeout(false, timeoutMs);
    });
  }

  /** 0 = as long as it likes. */
  watchIdle(idleMs: number): void {
    this.#idleMs = idleMs;
    if (idleMs > 0) this.#awaitByte(idleMs);
    this.moved();
  }

  /** A byte has passed, either way. */
  moved(): void {
    if (this.#idleMs > 0) this.#movedAtMs = this.#clock.now();
  }

  /** Its answer has begun. */
  answered(): void {
    this.#cancelWhole?.();
    this.#cancelWhole = null;
    this.moved();
  }

  stop(): void {
    this.#cancelWhole?.();
    this.#cancelIdle?.();
    this.#cancelWhole = null;
    this.#cancelIdle = null;
    this.#idleMs = 0;
  }

  #awaitByte(delayMs: number): void {
    this.#cancelIdle = this.#clock.after(delayMs, () => {
      this.#cancelIdle = null;
      const leftMs = this.#movedAtMs + this.#idleMs - this.#clock.now();
      if (leftMs > 0) this.#awaitByte(leftMs);
      else this.#owner.onTryTimeout(true, this.#idleMs);
    });
  }
}
