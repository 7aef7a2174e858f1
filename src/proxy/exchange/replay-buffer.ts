// @hot
// What has come of a request body, kept while the request may have to be sent again.

/** Each piece costs an object of its own, so many small ones are joined. */
const MAX_PIECES = 64;

export class ReplayBuffer {
  readonly #limitBytes: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #overflowed = false;
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
    if (this.#bytes > this.#limitBytes) {
      this.drop();
      return;
    }
    if (this.#pieces.length === MAX_PIECES) this.#join();
    this.#pieces.push(bytes.subarray(start, end));
  }

  /** No retry will come: forget the body. */
  drop(): void {
    this.#overflowed = true;
    this.#empty();
  }

  reset(): void {
    this.#empty();
    this.#bytes = 0;
    this.#overflowed = false;
    this.complete = false;
    this.trailers = '';
  }

  /** Emptying an empty array still costs a call into the runtime. */
  #empty(): void {
    if (this.#pieces.length > 0) this.#pieces.length = 0;
  }

  #join(): void {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces.length = 0;
    this.#pieces.push(joined);
  }
}
