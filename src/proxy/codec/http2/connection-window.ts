// @hot
// What the peer may send on all streams of a connection together (RFC 9113 section 5.2): given back on receipt, so that no stream stalls the others.
import { DEFAULT_WINDOW_BYTES } from './frame.ts';

const WINDOW_BYTES = 1_048_576;
/** While more than this is held by streams whose other side takes nothing, nothing is given back, bytes. */
const MAX_HELD_BYTES = 8_388_608;

export class ConnectionWindow {
  #left = WINDOW_BYTES;
  #uncredited = 0;
  #held = 0;

  /** What the first WINDOW_UPDATE must say: connections begin with less. */
  get firstIncrement(): number {
    return WINDOW_BYTES - DEFAULT_WINDOW_BYTES;
  }

  /** Data has come; false = more than was allowed. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    this.#uncredited += bytes;
    return this.#left >= 0;
  }

  /** Bytes that a stream holds, or with a negative number holds no longer. */
  hold(bytes: number): void {
    this.#held += bytes;
  }

  /** What is to be given back now, in large steps; 0 = nothing. */
  credit(): number {
    const bytes = this.#uncredited;
    if (bytes * 2 < WINDOW_BYTES || this.#held > MAX_HELD_BYTES) return 0;
    this.#left += bytes;
    this.#uncredited = 0;
    return bytes;
  }
}
