// One probe of one container: when to ask, and how many answers make a change. (How to ask: probe-check.ts)
import type { Cancel, Clock } from '../base/clock.ts';

/** Kubernetes' fields and defaults. Source: API type Probe. */
export interface ProbeTimings {
  /** ≥ 0, default 0. */
  readonly initialDelaySeconds: number;
  /** ≥ 1, default 10. */
  readonly periodSeconds: number;
  /** ≥ 1, default 1. */
  readonly timeoutSeconds: number;
  /** ≥ 1, default 1. */
  readonly successThreshold: number;
  /** ≥ 1, default 3. */
  readonly failureThreshold: number;
}

/** Asks once; null = success, else what was wrong. Never rejects, and ends within `timeoutMs`. */
export type ProbeCheck = (timeoutMs: number) => Promise<string | null>;

export interface ProberOptions {
  readonly timings: ProbeTimings;
  readonly clock: Clock;
  readonly check: ProbeCheck;
  /**
   * True for readiness: while there is no success it asks after 100 ms, 200 ms, … up to the period, so that nobody waits ten seconds
   * for a program that started in 200 ms. It can only make a container ready sooner.
   */
  readonly eager: boolean;
  /** `failure` is null after enough successes in a row, else the last answer after enough failures. Called at each change, first included. */
  readonly onChange: (failure: string | null) => void;
}

const FIRST_EAGER_DELAY_MS = 100;

export class Prober {
  readonly #options: ProberOptions;
  #cancel: Cancel = () => {};
  #stopped = false;
  #lastPassed: boolean | null = null;
  #streak = 0;
  #reported: boolean | null = null;
  #eagerDelayMs = FIRST_EAGER_DELAY_MS;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(this.#options.timings.initialDelaySeconds * 1_000);
  }

  /** An answer that is still on its way is not reported. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#options.clock.after(delayMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const { timings, clock, check } = this.#options;
    const began = clock.now();
    const failure = await check(timings.timeoutSeconds * 1_000);
    if (this.#stopped) return;
    this.#count(failure);
    if (this.#stopped) return;
    this.#schedule(Math.max(0, this.#nextDelayMs() - (clock.now() - began)));
  }

  #count(failure: string | null): void {
    const passed = failure === null;
    this.#streak = passed === this.#lastPassed ? this.#streak + 1 : 1;
    this.#lastPassed = passed;
    const { successThreshold, failureThreshold } = this.#options.timings;
    if (this.#streak < (passed ? successThreshold : failureThreshold) || this.#reported === passed) return;
    this.#reported = passed;
    this.#options.onChange(failure);
  }

  #nextDelayMs(): number {
    const periodMs = this.#options.timings.periodSeconds * 1_000;
    if (!this.#options.eager || this.#reported === true) return periodMs;
    const delay = Math.min(periodMs, this.#eagerDelayMs);
    this.#eagerDelayMs *= 2;
    return delay;
  }
}
