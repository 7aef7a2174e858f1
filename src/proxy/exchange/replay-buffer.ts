// @hot
// What has come of a request body, kept while the request may have to be sent again.

import { BytePieces } from '../../base/byte-pieces.ts';

export class ReplayBuffer {
  readonly #limitBytes: number;
  readonly #pieces = new BytePieces();
  #bytes = 0;
  #overflowed = false;
  /** More than the limit is kept for now. */
  #keepsAll = false;
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
    return this.#pieces.list;
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
    this.#pieces.push(bytes, start, end);
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
    this.#pieces.clear();
  }

  reset(): void {
    this.#pieces.clear();
    this.#bytes = 0;
    this.#overflowed = false;
    this.#keepsAll = false;
    this.complete = false;
    this.trailers = '';
  }
}
