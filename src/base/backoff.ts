// Full-jitter exponential back-off: how long to wait before trying again.
import type { Random } from './random.ts';

export interface BackoffSpec {
  /** Upper bound of the first delay, ms (> 0). */
  readonly baseMs: number;
  /** Upper bound of every delay, ms (≥ baseMs). */
  readonly maxMs: number;
}

/** A delay is drawn evenly from [0, min(maxMs, baseMs × 2^attempt)), so that many clients never return in step. */
export class Backoff {
  readonly #spec: BackoffSpec;
  readonly #random: Random;
  #attempt = 0;

  constructor(spec: BackoffSpec, random: Random) {
    this.#spec = spec;
    this.#random = random;
  }

  nextDelayMs(): number {
    const ceiling = Math.min(this.#spec.maxMs, this.#spec.baseMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return this.#random.next() * ceiling;
  }

  /** After a success: the next delay is drawn from [0, baseMs) again. */
  reset(): void {
    this.#attempt = 0;
  }
}
