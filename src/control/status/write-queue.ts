// Which statuses are to be written, and when: each once, after a failure later and later.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { StatusKind } from './status-form.ts';

const RETRY_BASE_MS = 1_000;
const MAX_RETRY_MS = 300_000;

export interface WaitingWrite {
  /** Of the object, by `renderStatusKey`. */
  readonly key: string;
  readonly kind: StatusKind;
  /** What is to be written, as a hash. */
  readonly what: string;
  readonly dueAtMs: number;
  readonly failures: number;
}

/** An object stands in it once, whatever happens to it: it can't be longer than there are objects. */
export class WriteQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Map<string, WaitingWrite>();
  readonly #paused = new Map<StatusKind, number>();
  #allPausedUntilMs = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Due at once; but what failed and is still the same waits on. */
  add(key: string, kind: StatusKind, what: string): void {
    if (this.#waiting.get(key)?.what === what) return;
    this.#waiting.set(key, { key, kind, what, dueAtMs: this.#clock.now(), failures: 0 });
  }

  /** Takes out the one that has waited longest of those that are due; null while none is. */
  take(): WaitingWrite | null {
    const now = this.#clock.now();
    if (now < this.#allPausedUntilMs) return null;
    for (const write of this.#waiting.values()) {
      if (write.dueAtMs > now || (this.#paused.get(write.kind) ?? 0) > now) continue;
      this.#waiting.delete(write.key);
      return write;
    }
    return null;
  }

  /** How long until `take` may answer something, ms; null where nothing waits. */
  idleMs(): number | null {
    if (this.#waiting.size === 0) return null;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { kind, dueAtMs } of this.#waiting.values()) {
      earliest = Math.min(earliest, Math.max(dueAtMs, this.#paused.get(kind) ?? 0));
    }
    return Math.max(0, Math.max(earliest, this.#allPausedUntilMs) - this.#clock.now());
  }

  /** Puts back what was taken, for later and later, and no two at once; unless something newer is to be written there. */
  failed(write: WaitingWrite): void {
    const ceiling = Math.min(MAX_RETRY_MS, RETRY_BASE_MS * 2 ** Math.min(write.failures, 30));
    const dueAtMs = this.#clock.now() + ceiling * (0.5 + this.#random.next() / 2);
    const newer = this.#waiting.get(write.key);
    if (newer !== undefined && newer.what !== write.what) return;
    this.#waiting.set(write.key, { ...write, dueAtMs, failures: write.failures + 1 });
  }

  /** Puts back what was taken, as it was: it was not its fault. */
  putBack(write: WaitingWrite): void {
    if (!this.#waiting.has(write.key)) this.#waiting.set(write.key, write);
  }

  /** Drops what is not wanted any more. */
  retain(isWanted: (key: string) => boolean): void {
    for (const key of this.#waiting.keys()) if (!isWanted(key)) this.#waiting.delete(key);
  }

  pause(kind: StatusKind, ms: number): void {
    this.#paused.set(kind, this.#clock.now() + ms);
  }

  pauseAll(ms: number): void {
    this.#allPausedUntilMs = this.#clock.now() + ms;
  }

  clear(): void {
    this.#waiting.clear();
    this.#paused.clear();
    this.#allPausedUntilMs = 0;
  }
}
