// @hot
// What has come of a request body, kept while the request may have to be sent again.

/** Each piece costs an object of its own: beyond so many, small ones are copied together. */
const MAX_PIECES = 64;
const SMALL_BYTES = 512;
const BLOCK_BYTES = 8_192;

export class ReplayBuffer {
  readonly #limitBytes: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #overflowed = false;
  /** More than the limit is kept for now. */
  #keepsAll = false;
  /** Where small pieces are copied to, the last piece among them; null = the last piece stands alone. */
  #block: Buffer | null = null;
  /** The body has come whole; `trailers` belong to it. */
  complete = false;
  trailers = '';

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Everything since the beginning is still here. */
  get whole(): boolean {
    return !this.#overflowed;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#overflowed) return;
    this.#bytes += end - start;
    if (this.#bytes > this.#limitBytes && !this.#keepsAll) {
      this.drop();
      return;
    }
    if (this.#pieces.length >= MAX_PIECES && end - start < SMALL_BYTES) {
      this.#append(bytes, start, end);
      return;
    }
    this.#block = null;
    this.#pieces.push(bytes.subarray(start, end));
  }

  /** Nobody has the body yet, and its caller is about to be made to wait: whatever comes until `limit` is kept. */
  keepAll(): void {
    this.#keepsAll = true;
  }

  /** Somebody takes it as it comes. */
  limit(): void {
    if (!this.#keepsAll) return;
    this.#keepsAll = false;
    if (this.#bytes > this.#limitBytes) this.drop();
  }

  /** No retry will come: forget the body. */
  drop(): void {
    this.#overflowed = true;
    this.#pieces.length = 0;
    this.#block = null;
  }

  reset(): void {
    this.#pieces.length = 0;
    this.#block = null;
    this.#bytes = 0;
    this.#overflowed = false;
    this.#keepsAll = false;
    this.complete = false;
    this.trailers = '';
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const pieces = this.#pieces;
    const last = pieces.length - 1;
    const used = this.#block === null ? 0 : (pieces[last] as Buffer).length;
    if (this.#block === null || used + end - start > BLOCK_BYTES) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES); // alloc-ok: a body in many small pieces
      bytes.copy(this.#block, 0, start, end);
      pieces.push(this.#block.subarray(0, end - start));
    } else {
      bytes.copy(this.#block, used, start, end);
      pieces[last] = this.#block.subarray(0, used + end - start);
    }
  }
}
