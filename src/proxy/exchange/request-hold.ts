// A request that cannot go on yet: keeps what comes of it meanwhile.

/** Of whoever goes on, as whoever reads from the caller sees it. */
export interface RequestTaker {
  onRequestData(bytes: Buffer, start: number, end: number): void;
  onRequestEnd(trailers: string): void;
}

/** The caller is not read from while its request is held, so that what is kept is no more than the read that brought the head. */
export class RequestHold {
  readonly #pieces: Buffer[] = [];
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
    if (!this.#replaying) this.#pieces.push(bytes.subarray(start, end));
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
    for (const piece of this.#pieces) if (!this.#cancelled) taker.onRequestData(piece, 0, piece.length);
    if (this.#trailers !== null && !this.#cancelled) taker.onRequestEnd(this.#trailers);
  }
}
