// How long a container that ended waits before it is started again.
import type { Clock } from '../base/clock.ts';

export interface RestartBackoffSpec {
  /** Delay before the first restart, ms; doubles with each further one. */
  readonly baseMs: number;
  /** Longest delay, ms. */
  readonly maxMs: number;
  /** A process that ran this long, ms, has its earlier failures forgiven. */
  readonly forgetAfterMs: number;
}

/** The kubelet's shape (CrashLoopBackOff, at most five minutes), with a quick first restart: somebody sits in front of this mesh. */
export const CONTAINER_RESTARTS: RestartBackoffSpec = { baseMs: 500, maxMs: 300_000, forgetAfterMs: 60_000 };

/** Our own programs come back soon: a mesh without its control plane learns nothing new. */
export const OWN_PROGRAM_RESTARTS: RestartBackoffSpec = { baseMs: 250, maxMs: 5_000, forgetAfterMs: 10_000 };

export class RestartBackoff {
  readonly #spec: RestartBackoffSpec;
  readonly #clock: Clock;
  #failures = 0;
  #startedAt = 0;

  constructor(spec: RestartBackoffSpec, clock: Clock) {
    this.#spec = spec;
    this.#clock = clock;
  }

  started(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Called when the process has ended: ms to wait before the next start. */
  nextDelayMs(): number {
    if (this.#clock.now() - this.#startedAt >= this.#spec.forgetAfterMs) this.#failures = 0;
    const delay = Math.min(this.#spec.maxMs, this.#spec.baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return delay;
  }
}
