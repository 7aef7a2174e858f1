// The body of a copy on its way: what the mirror has not taken yet, up to a bound.
import { BytePieces } from '../../base/byte-pieces.ts';

/** What all bodies on their way to one cluster have in memory together. */
export interface CopiedBytes {
  bytes: number;
  readonly limitBytes: number;
}

export class CopiedBody implements AsyncIterable<Buffer> {
  readonly #limitBytes: number;
  readonly #all: CopiedBytes;
  readonly #onOverflow: () => void;
  readonly #pieces = new BytePieces();
  #bytes = 0;
  #ended = false;
  #cancelled = false;
  #wake: (() => void) | null = null;

  /** `onOverflow`: whoever takes it is slower than the caller; called once. */
  constructor(limitBytes: number, all: CopiedBytes, onOverflow: () => void) {
    this.#limitBytes = limitBytes;
    this.#all = all;
    this.#onOverflow = onOverflow;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#cancelled) return;
    this.#keep(end - start);
    if (this.#bytes > this.#limitBytes || this.#all.bytes > this.#all.limitBytes) {
      this.cancel();
      this.#onOverflow();
      return;
    }
    this.#pieces.push(bytes, start, end);
    this.#wakeUp();
  }

  end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  /** Nothing of it is kept any more; whoever reads it fails. */
  cancel(): void {
    this.#cancelled = true;
    this.#pieces.clear();
    this.#keep(-this.#bytes);
    this.#wakeUp();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        yield piece;
        // It was taken when the next one is asked for.
        if (!this.#cancelled) this.#keep(-piece.length);
      } else if (this.#cancelled) throw new Error('the request has ended before its body');
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #keep(bytes: number): void {
    this.#bytes += bytes;
    this.#all.bytes += bytes;
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
