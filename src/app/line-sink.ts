// Finished lines on their way to a file or to standard output: batched, one write at a time, in bounded memory.
import { closeSync, openSync, write } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { codeOf } from '../base/coded-error.ts';

/** A line waits at most so long, ms. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 65_536;
/** When the reader does not keep up, lines beyond this are dropped and counted: the log must never stop the traffic. */
const MAX_WAITING_CHARACTERS = 8_388_608;
/** At the end a reader that does not keep up is waited for so long, ms. */
const CLOSE_MS = 1_000;
/** From one try to the next then, ms. */
const CLOSE_RETRY_MS = 5;

export interface LineWriter {
  /** Takes one line or more, each with its line end; it never waits. */
  readonly write: (lines: string) => void;
  /** How many were dropped because their reader was too slow. */
  readonly dropped: number;
  /** Sends on what waits; resolves when it is gone, or when its reader has taken nothing of it for a while. */
  close(): Promise<void>;
}

export class LineSink implements LineWriter {
  readonly #fd: number;
  readonly #owned: boolean;
  readonly #clock: Clock;
  #waiting = '';
  #inFlight = false;
  #scheduled = false;
  #dropped = 0;
  /** Set when it is closed: all is written. */
  #onEmpty: (() => void) | null = null;

  /** `target`: a path, to which lines are added, or a file descriptor. */
  constructor(target: string | number, clock: Clock) {
    this.#owned = typeof target === 'string';
    this.#fd = typeof target === 'string' ? openSync(target, 'a', 0o640) : target;
    this.#clock = clock;
  }

  get dropped(): number {
    return this.#dropped;
  }

  readonly write = (lines: string): void => {
    if (this.#onEmpty !== null || this.#waiting.length > MAX_WAITING_CHARACTERS) {
      this.#dropped += countLines(lines);
      return;
    }
    this.#waiting += lines;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.#flush();
    else this.#schedule();
  };

  /** What is being written is not written again: a line that is cut in two, or comes twice, is none. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(CLOSE_MS, resolve);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
      this.#flush();
      if (!this.#inFlight) this.#onEmpty();
    });
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
      const isFull = error !== null && codeOf(error) === 'EAGAIN';
      const at = error === null ? from + written : isFull ? from : bytes.length;
      if (at === bytes.length) this.#onWritten();
      else if (!isFull) this.#writeAll(bytes, at);
      // A full pipe: its reader needs a moment.
      else this.#clock.after(this.#onEmpty === null ? FLUSH_MS : CLOSE_RETRY_MS, () => this.#writeAll(bytes, at));
    });
  }

  #onWritten(): void {
    this.#inFlight = false;
    if (this.#onEmpty === null) {
      if (this.#waiting !== '') this.#schedule();
    } else if (this.#waiting === '') this.#onEmpty();
    else this.#flush();
  }
}

export function countLines(lines: string): number {
  let count = 0;
  for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) count += 1;
  return count;
}
