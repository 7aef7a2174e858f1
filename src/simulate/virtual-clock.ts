// Time that passes as fast as what happens in it can be computed.
import type { Cancel, Clock } from '../base/clock.ts';
import { type Due, EventHeap } from './event-heap.ts';

/** 2026-01-01T00:00:00Z: any moment would do, as long as it is the same in every run. */
const EPOCH_MS = 1_767_225_600_000;

class Timer implements Due {
  atMs = 0;
  order = 0;
  cancelled = false;
  readonly #clock: VirtualClock;
  readonly #run: () => void;
  /** Null = once. */
  readonly #periodMs: number | null;

  constructor(clock: VirtualClock, run: () => void, periodMs: number | null) {
    this.#clock = clock;
    this.#run = run;
    this.#periodMs = periodMs;
  }

  onDue(): void {
    if (this.cancelled) return;
    if (this.#periodMs !== null) this.#clock.add(this, this.atMs + this.#periodMs);
    this.#run();
  }
}

export class VirtualClock implements Clock {
  readonly #heap = new EventHeap();
  #nowMs: number;
  #order = 0;

  /** `startMs`: what it begins with; may be negative. */
  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return EPOCH_MS + this.#nowMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.#start(new Timer(this, run, null), delayMs);
  }

  every(periodMs: number, run: () => void): Cancel {
    return this.#start(new Timer(this, run, periodMs), periodMs);
  }

  /** `due` happens at `atMs`, or now where that has passed; it waits for nothing else. */
  add(due: Due, atMs: number): void {
    due.atMs = Math.max(atMs, this.#nowMs);
    due.order = this.#order;
    this.#order += 1;
    this.#heap.add(due);
  }

  /** When something is due next, ms; ∞ = never. */
  get nextMs(): number {
    return this.#heap.first?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets everything happen that is due up to and with `untilMs`, in order; time is `untilMs` then. */
  runUntil(untilMs: number): void {
    for (let next = this.#heap.first; next !== null && next.atMs <= untilMs; next = this.#heap.first) {
      this.#heap.take();
      this.#nowMs = next.atMs;
      next.onDue();
    }
    this.#nowMs = untilMs;
  }

  #start(timer: Timer, delayMs: number): Cancel {
    this.add(timer, this.#nowMs + Math.max(0, delayMs));
    return () => {
      timer.cancelled = true;
    };
  }
}
