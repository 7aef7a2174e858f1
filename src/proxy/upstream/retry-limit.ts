// @hot
// How many retries of one cluster may be in work at the same time: a number, or a share of all that is in work.
import type { RetryLimitSpec } from '../../model/circuit-breakers-spec.ts';

/** Whether one more retry may be made, whoever decides it. */
export interface RetryAllowance {
  /** A first attempt was made at `nowMs`. */
  deposit(nowMs: number): void;
  /** Takes one retry; false = there is none left. */
  withdraw(nowMs: number): boolean;
  /** A retry that was taken has come to its end. */
  release(): void;
}

/** Source: envoy.config.cluster.v3.CircuitBreakers.Thresholds, max_retries and retry_budget. */
export class RetryLimit implements RetryAllowance {
  /** What is in work for the cluster, retries among it. */
  readonly #load: { readonly requestsActive: number };
  #active = 0;
  #most = 0;
  #ratio = 0;

  constructor(load: { readonly requestsActive: number }) {
    this.#load = load;
  }

  /** In work. */
  get active(): number {
    return this.#active;
  }

  /** One more may be made. */
  get open(): boolean {
    return this.#active < Math.max(this.#most, this.#ratio * this.#load.requestsActive);
  }

  /** What is in work stays. `workers`: among so many processes a number is divided (≥ 1). */
  set(spec: RetryLimitSpec, workers: number): void {
    this.#most = Math.ceil((spec.kind === 'number' ? spec.max : spec.minConcurrent) / workers);
    this.#ratio = spec.kind === 'number' ? 0 : spec.percent / 100;
  }

  deposit(): void {
    // What counts is what is in work.
  }

  withdraw(): boolean {
    if (!this.open) return false;
    this.#active += 1;
    return true;
  }

  release(): void {
    this.#active -= 1;
  }
}
