// Finished lines on their way to a file or to standard output: batched, one write at a time, in bounded memory.
import { closeSync, openSync, write, writeSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { codeOf } from '../base/coded-error.ts';

/** A line waits at most so long, ms. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 65_536;
/** When the reader does not keep up, lines beyond this are dropped and counted: the log must never stop the traffic. */
const MAX_WAITING_CHARACTERS = 8_388_608;

export class LineSink {
  readonly #fd: number;
  readonly #owned: boolean;
  readonly #clock: Clock;
  #waiting = '';
  #inFlight = false;
  #scheduled = false;
  #dropped = 0;

  /** `target`: a path, to which lines are added, or a file descriptor. */
  constructor(target: string | number, clock: Clock) {
    this.#owned = typeof target === 'string';
    this.#fd = typeof target === 'string' ? openSync(target, 'a', 0o640) : target;
    this.#clock = clock;
  }

  /** Lines that were dropped because the reader was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `line` has its line end. */
  readonly write = (line: string): void => {
    if (this.#waiting.length > MAX_WAITING_CHARACTERS) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += line;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.#flush();
    else this.#schedule();
  };

  /** Writes what waits, before the process ends. */
  close(): void {
    try {
      if (this.#waiting !== '') writeSync(this.#fd, this.#waiting);
    } catch {
      // Nobody reads any more.
    }
    this.#waiting = '';
    if (this.#owned) closeSync(this.#fd);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.after(FLUSH_MS, () => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight || this.#waiting === '') return;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#inFlight = true;
    this.#writeAll(bytes, 0);
  }

  #writeAll(bytes: Buffer, from: number): void {
    write(this.#fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error !== null && codeOf(error) !== 'EAGAIN') {
        this.#inFlight = false;
        return;
      }
      const at = from + (error === null ? written : 0);
      if (at < bytes.length) {
        // A full pipe: its reader needs a moment.
        if (error === null) this.#writeAll(bytes, at);
        else this.#clock.after(FLUSH_MS, () => this.#writeAll(bytes, at));
        return;
      }
      this.#inFlight = false;
      if (this.#waiting !== '') this.#schedule();
    });
  }
}
