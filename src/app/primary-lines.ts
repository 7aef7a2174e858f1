// Lines of an access log on their way from a worker to the primary, which writes those of all workers.
import type { Clock } from '../base/clock.ts';
import type { FromWorker } from '../workers/messages.ts';
import { countLines, type LineWriter } from './line-sink.ts';

/** As of LineSink. */
const FLUSH_MS = 100;
const FLUSH_CHARACTERS = 65_536;
const MAX_WAITING_CHARACTERS = 8_388_608;

export class PrimaryLines implements LineWriter {
  dropped = 0;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #send: (message: FromWorker, sent: () => void) => void;
  #waiting = '';
  #inFlight: Promise<void> | null = null;
  #scheduled = false;

  constructor(path: string, clock: Clock, send: (message: FromWorker, sent: () => void) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#send = send;
  }

  readonly write = (lines: string): void => {
    if (this.#waiting.length > MAX_WAITING_CHARACTERS) {
      this.dropped += countLines(lines);
      return;
    }
    this.#waiting += lines;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.#flush();
    else this.#schedule();
  };

  /** What waits goes behind what is on its way. */
  async close(): Promise<void> {
    const before = this.#inFlight;
    const rest = this.#waiting === '' ? null : this.#sendWaiting();
    await Promise.all([before, rest]);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.after(FLUSH_MS, () => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** One at a time: a primary that does not keep up makes lines wait here, where they are counted. */
  #flush(): void {
    if (this.#inFlight !== null || this.#waiting === '') return;
    this.#inFlight = this.#sendWaiting().then(() => {
      this.#inFlight = null;
      if (this.#waiting !== '') this.#schedule();
    });
  }

  #sendWaiting(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = '';
    return new Promise((resolve) => this.#send({ kind: 'lines', path: this.#path, lines }, resolve));
  }
}
