// @hot
// Bytes in the order in which they came, in bounded pieces: each piece costs an object of its own, so beyond so many small ones are copied together.

const MAX_PIECES = 64;
const SMALL_BYTES = 512;
const BLOCK_BYTES = 8_192;

/** What is kept of `bytes` must not be overwritten. n bytes are at most 64 + n ÷ 512 pieces, and each byte is copied once at most. */
export class BytePieces {
  readonly #pieces: Buffer[] = [];
  /** Where small pieces are copied to; null = the last piece stands alone. */
  #block: Buffer | null = null;
  /** Of the block: where the last piece begins, and where the next byte goes. */
  #lastAt = 0;
  #used = 0;

  get list(): readonly Buffer[] {
    return this.#pieces;
  }

  push(bytes: Buffer, start: number, end: number): void {
    if (this.#pieces.length >= MAX_PIECES && end - start < SMALL_BYTES) {
      this.#append(bytes, start, end);
      return;
    }
    this.#block = null;
    this.#pieces.push(bytes.subarray(start, end));
  }

  /** Takes the first piece away. */
  shift(): Buffer | undefined {
    return this.#pieces.shift();
  }

  clear(): void {
    // Emptying an empty array still costs a call into the runtime.
    if (this.#pieces.length === 0) return;
    this.#pieces.length = 0;
    this.#block = null;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const pieces = this.#pieces;
    const opensBlock = this.#block === null || this.#used + end - start > BLOCK_BYTES;
    if (opensBlock) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES); // alloc-ok: a body in many small pieces
      this.#lastAt = 0;
      this.#used = 0;
    }
    const block = this.#block as Buffer;
    bytes.copy(block, this.#used, start, end);
    this.#used += end - start;
    const last = block.subarray(this.#lastAt, this.#used);
    if (opensBlock) pieces.push(last);
    else pieces[pieces.length - 1] = last;
  }
}
