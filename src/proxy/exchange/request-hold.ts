// A request that cannot go on yet: keeps what comes of it meanwhile.
import { BytePieces } from '../../base/byte-pieces.ts';

/** Of whoever goes on, as whoever reads from the caller sees it. */
export interface RequestTaker {
  onRequestData(bytes: Buffer, start: number, end: number): void;
  onRequestEnd(trailers: string): void;
}

/** The caller is not read from while its request is held: what is kept is no more than the read that brought the head, or a window of HTTP/2. */
export class RequestHold {
  readonly #pieces = new BytePieces();
  /** Of the request's end; null = it has not come. */
  #trailers: string | null = null;
  #replaying = false;
  #cancelled = false;

  /** The request is over. */
  cancel(): void {
    this.#cancelled = true;
  }

  /** False: it is for the owner. */
  keepsData(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#replaying) this.#pieces.push(bytes, start, end);
    return !this.#replaying;
  }

  /** False: it is for the owner. */
  keepsEnd(trailers: string): boolean {
    if (!this.#replaying) this.#trailers = trailers;
    return !this.#replaying;
  }

  /** Each piece may end the request. */
  replay(taker: RequestTaker): void {
    this.#replaying = true;
    for (const piece of this.#pieces.list) if (!this.#cancelled) taker.onRequestData(piece, 0, piece.length);
    if (this.#trailers !== null && !this.#cancelled) taker.onRequestEnd(this.#trailers);
  }
}
