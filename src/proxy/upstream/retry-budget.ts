// @hot
// The retry budget: retries may be a share of the requests of the last ten seconds, plus a trickle, and no more.
import type { RetryAllowance } from './retry-limit.ts';

export interface RetryBudgetSpec {
  /** Retries allowed per request, 0–1. */
  readonly ratio: number;
  /** Retries per second that are always allowed. */
  readonly minPerSecond: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetSpec = { ratio: 0.2, minPerSecond: 1 };

const WINDOW_SECONDS = 10;

export class RetryBudget implements RetryAllowance {
  readonly #spec: RetryBudgetSpec;
  /** Counted by the second, in whole numbers: sums of shares would drift. */
  readonly #depositsOf = new Float64Array(WINDOW_SECONDS);
  readonly #withdrawalsOf = new Float64Array(WINDOW_SECONDS);
  #deposits = 0;
  #withdrawals = 0;
  #second = 0;

  constructor(spec: RetryBudgetSpec) {
    this.#spec = spec;
  }

  /** A first attempt was made at `nowMs`; one of before the newest second counts as one of that. */
  deposit(nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    this.#depositsOf[slot] = (this.#depositsOf[slot] as number) + 1;
    this.#deposits += 1;
  }

  /** Takes one retry out; false = the budget is spent. */
  withdraw(nowMs: number): boolean {
    const slot = this.#slotAt(nowMs);
    const { ratio, minPerSecond } = this.#spec;
    if (ratio * this.#deposits + minPerSecond * WINDOW_SECONDS - this.#withdrawals < 1) return false;
    this.#withdrawalsOf[slot] = (this.#withdrawalsOf[slot] as number) + 1;
    this.#withdrawals += 1;
    return true;
  }

  release(): void {
    // What counts is how many there have been.
  }

  /** Forgets the seconds that have left the window. */
  #slotAt(nowMs: number): number {
    const second = Math.max(this.#second, Math.floor(nowMs / 1000));
    const steps = Math.min(second - this.#second, WINDOW_SECONDS);
    for (let step = 1; step <= steps; step += 1) {
      const slot = (this.#second + step) % WINDOW_SECONDS;
      this.#deposits -= this.#depositsOf[slot] as number;
      this.#withdrawals -= this.#withdrawalsOf[slot] as number;
      this.#depositsOf[slot] = 0;
      this.#withdrawalsOf[slot] = 0;
    }
    this.#second = second;
    return second % WINDOW_SECONDS;
  }
}
