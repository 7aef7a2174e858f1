// @hot
// The retry budget: retries may be a share of the requests of the last ten seconds, plus a trickle, and no more.

export interface RetryBudgetSpec {
  /** Retries allowed per request, 0–1. */
  readonly ratio: number;
  /** Retries per second that are always allowed. */
  readonly minPerSecond: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetSpec = { ratio: 0.2, minPerSecond: 1 };

const WINDOW_SECONDS = 10;

export class RetryBudget {
  readonly #spec: RetryBudgetSpec;
  /** What each second of the window has put in minus what it has taken out. */
  readonly #seconds = new Float64Array(WINDOW_SECONDS);
  #second = 0;
  #balance = 0;

  constructor(spec: RetryBudgetSpec) {
    this.#spec = spec;
  }

  /** A first attempt was made at `nowMs`. */
  deposit(nowMs: number): void {
    this.#turn(nowMs);
    this.#add(this.#spec.ratio);
  }

  /** Takes one retry out; false = the budget is spent. */
  withdraw(nowMs: number): boolean {
    this.#turn(nowMs);
    if (this.#balance + this.#spec.minPerSecond * WINDOW_SECONDS < 1) return false;
    this.#add(-1);
    return true;
  }

  #add(amount: number): void {
    const slot = this.#second % WINDOW_SECONDS;
    this.#seconds[slot] = (this.#seconds[slot] as number) + amount;
    this.#balance += amount;
  }

  /** Forgets the seconds that have left the window. */
  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    const steps = Math.min(second - this.#second, WINDOW_SECONDS);
    for (let step = 1; step <= steps; step += 1) {
      const slot = (this.#second + step) % WINDOW_SECONDS;
      this.#balance -= this.#seconds[slot] as number;
      this.#seconds[slot] = 0;
    }
    this.#second = second;
  }
}
