// Keeps the output files of pods bounded: what is over the limit moves to `<file>.1`, of which there is one.
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import type { Cancel, Clock } from '../base/clock.ts';

export const MAX_LOG_BYTES = 10 * 1024 * 1024;
const CHECK_PERIOD_MS = 1_000;

/**
 * Processes write to their file themselves (appending, so that truncating is safe), not through the supervisor: it costs nothing per line,
 * and they go on when the supervisor is gone. Lines of the moment between copy and cut are lost.
 */
export class LogFiles {
  readonly #files = new Set<string>();
  readonly #maxBytes: number;
  readonly #cancel: Cancel;

  constructor(clock: Clock, maxBytes: number = MAX_LOG_BYTES) {
    this.#maxBytes = maxBytes;
    this.#cancel = clock.every(CHECK_PERIOD_MS, () => this.#rotate());
  }

  add(file: string): void {
    this.#files.add(file);
  }

  remove(file: string): void {
    this.#files.delete(file);
  }

  close(): void {
    this.#cancel();
  }

  #rotate(): void {
    for (const file of this.#files) {
      try {
        if (statSync(file).size <= this.#maxBytes) continue;
        copyFileSync(file, `${file}.1`);
        truncateSync(file);
      } catch {
        // Not there yet, or taken away by hand: nothing to bound.
      }
    }
  }
}
