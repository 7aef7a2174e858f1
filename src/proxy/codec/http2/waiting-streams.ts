// @hot
// Streams that cannot send all they have: they go on in turn, as far as windows and socket allow.
import type { FrameWriter } from './frame-writer.ts';
import type { Http2Stream } from './stream.ts';

export class WaitingStreams {
  readonly #streams = new Set<Http2Stream>();
  readonly #writer: FrameWriter;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  get any(): boolean {
    return this.#streams.size > 0;
  }

  add(stream: Http2Stream): void {
    this.#streams.add(stream);
  }

  delete(stream: Http2Stream): void {
    if (this.#streams.size > 0) this.#streams.delete(stream);
  }

  /** Each sends a piece in turn until nobody can; who has sent all is told to go on. */
  pump(): void {
    for (let progress = true; progress && this.#streams.size > 0; ) {
      progress = false;
      for (const stream of this.#streams) {
        if (this.#writer.blocked) return;
        if (stream.mustWait) continue;
        progress = true;
        if (!stream.pump()) continue;
        this.#streams.delete(stream);
        if (stream.id !== 0 && !stream.localEnded) stream.onWritable();
      }
    }
  }
}
