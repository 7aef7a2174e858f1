// Connections that have something to send: all of them are flushed once, behind everything that one turn of the event loop has read.

export interface Flushable {
  flush(): void;
}

/** Kept for the next batch when a write has ended at once. */
const MAX_SPARE_BUFFERS = 64;

/** One for all connections of a process. */
export class FlushQueue {
  /** Of each batch, bytes. */
  readonly bufferBytes = 16_384;
  #waiting: Flushable[] = [];
  #flushing: Flushable[] = [];
  readonly #spare: Buffer[] = [];
  readonly #flushAll = (): void => {
    const due = this.#waiting;
    this.#waiting = this.#flushing;
    this.#flushing = due;
    for (const each of due) each.flush();
    due.length = 0;
  };

  /** `each` is flushed once, soon; it must not be added twice before. */
  add(each: Flushable): void {
    if (this.#waiting.push(each) === 1) setImmediate(this.#flushAll);
  }

  takeBuffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes);
  }

  /** Nobody reads or writes it any more. */
  giveBuffer(buffer: Buffer): void {
    if (this.#spare.length < MAX_SPARE_BUFFERS) this.#spare.push(buffer);
  }
}
