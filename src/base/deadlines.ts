// Many named deadlines on one timer, for waits of seconds: setting and forgetting one costs a write into a map.
import type { Cancel, Clock } from './clock.ts';

/** Deadlines that lie this close together fall due together: up to this much late, never early. */
export const DEADLINE_GRAIN_MS = 100;
/** What a timer of Node.js can hold; a later one fires early, finds nothing and is set again. */
const LONGEST_TIMER_MS = 2_147_483_647;

export class Deadlines {
  readonly #clock: Clock;
  readonly #onDue: (names: readonly string[]) => void;
  /** Name → the moment, ms of `clock.now()`. */
  readonly #due = new Map<string, number>();
  #cancel: Cancel | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  /** `onDue` gets all that have passed, at least one; they are forgotten before it is called. */
  constructor(clock: Clock, onDue: (names: readonly string[]) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#due.size;
  }

  has(name: string): boolean {
    return this.#due.has(name);
  }

  names(): Iterable<string> {
    return this.#due.keys();
  }

  /** `name` falls due `delayMs` (> 0) from now; one that is set is moved. */
  set(name: string, delayMs: number): void {
    const at = Math.ceil((this.#clock.now() + delayMs) / DEADLINE_GRAIN_MS) * DEADLINE_GRAIN_MS;
    this.#due.set(name, at);
    if (at < this.#armedFor) this.#arm(at);
  }

  delete(name: string): void {
    this.#due.delete(name);
    if (this.#due.size === 0) this.#disarm();
  }

  clear(): void {
    this.#due.clear();
    this.#disarm();
  }

  #arm(at: number): void {
    this.#cancel?.();
    this.#armedFor = at;
    const delayMs = Math.min(Math.max(0, at - this.#clock.now()), LONGEST_TIMER_MS);
    this.#cancel = this.#clock.after(delayMs, () => this.#fire());
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /** What was moved or forgotten meanwhile left the timer where it was: so it may be that nothing is due yet. */
  #fire(): void {
    this.#disarm();
    const now = this.#clock.now();
    const passed: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [name, at] of this.#due) {
      if (at <= now) passed.push(name);
      else next = Math.min(next, at);
    }
    for (const name of passed) this.#due.delete(name);
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
    if (passed.length > 0) this.#onDue(passed);
  }
}
