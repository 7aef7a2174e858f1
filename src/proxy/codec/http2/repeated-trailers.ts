// @hot
// The trailers that a peer sends again and again, as gRPC's are: what the last block of them was decoded into.

/** Longer ones are decoded each time. */
const MAX_BLOCK_BYTES = 128;
const MAX_LENGTH = 1_024;

/** Of one direction of a connection. The same bytes mean the same while the table's version is the same. */
export class RepeatedTrailers {
  /** The block that came last; it is not known before it has come twice in a row. */
  readonly #bytes = new Uint8Array(MAX_BLOCK_BYTES);
  #length = 0;
  #version = -1;
  #text: string | null = null;

  /** The lines that bytes `start` … `end` were decoded into before with a table of this version, or null. */
  find(bytes: Buffer, start: number, end: number, version: number): string | null {
    if (this.#text === null || version !== this.#version || end - start !== this.#length) return null;
    return this.#isSame(bytes, start) ? this.#text : null;
  }

  /** What `find` did not find was decoded into `text`, without a change of the table. */
  keep(bytes: Buffer, start: number, end: number, version: number, text: string): void {
    if (end - start > MAX_BLOCK_BYTES || text.length > MAX_LENGTH) return;
    const again = version === this.#version && end - start === this.#length && this.#isSame(bytes, start);
    this.#text = again ? text : null;
    if (again) return;
    this.#version = version;
    this.#length = end - start;
    for (let at = 0; at < this.#length; at += 1) this.#bytes[at] = bytes[start + at] as number;
  }

  #isSame(bytes: Buffer, start: number): boolean {
    for (let at = 0; at < this.#length; at += 1) if (this.#bytes[at] !== bytes[start + at]) return false;
    return true;
  }
}
