// Time as a parameter: the one place that reads the system's clock and sets its timers.
// Imported, as Node's global of that name is a getter that is called for every look at the clock.
import { performance } from 'node:perf_hooks';

/** Stops what it was returned for; calling it again does nothing. */
export type Cancel = () => void;

/** Every room but the composition roots takes time from here, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds that only grow, from an arbitrary origin; for durations and deadlines. */
  now(): number;
  /** Milliseconds since the Unix epoch; for what people read (logs, creation times). */
  wallNow(): number;
  /** Calls `run` once after `delayMs` (≥ 0), or after 24 days where that is less. A pending timer keeps the process alive. */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` every `periodMs` (> 0, at most 24 days). It never keeps the process alive. */
  every(periodMs: number, run: () => void): Cancel;
}

/** Node runs a timer that is set for longer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, Math.min(periodMs, MAX_TIMER_MS));
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after `delayMs` of `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
