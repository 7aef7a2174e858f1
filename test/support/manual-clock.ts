// A clock that moves only when a test says so.
import type { Cancel, Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  readonly periodMs: number | null;
}

export class ManualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #epoch: number;
  readonly #timers = new Map<number, Timer>();

  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#epoch + this.#now;
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.#add(this.#now + Math.max(0, delayMs), run, null);
  }

  every(periodMs: number, run: () => void): Cancel {
    return this.#add(this.#now + periodMs, run, periodMs);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms` and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const target = this.#now + ms;
    for (let due = this.#nextDue(target); due !== null; due = this.#nextDue(target)) {
      const [key, timer] = due;
      this.#now = timer.at;
      if (timer.periodMs === null) this.#timers.delete(key);
      else this.#timers.set(key, { ...timer, at: timer.at + timer.periodMs, order: this.#order++ });
      timer.run();
    }
    this.#now = target;
  }

  #add(at: number, run: () => void, periodMs: number | null): Cancel {
    const key = this.#order++;
    this.#timers.set(key, { at, order: key, run, periodMs });
    return () => void this.#timers.delete(key);
  }

  #nextDue(limit: number): [number, Timer] | null {
    let best: [number, Timer] | null = null;
    for (const entry of this.#timers) {
      const timer = entry[1];
      if (timer.at > limit) continue;
      if (best === null || timer.at < best[1].at || (timer.at === best[1].at && timer.order < best[1].order))
        best = entry;
    }
    return best;
  }
}
