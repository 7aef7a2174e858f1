// A header block that comes in several frames, kept until it is whole: bounded in bytes and in frames.

/** CONTINUATION frames of one block: far more than a block of the size limit needs. */
const MAX_PIECES = 32;

export class HeaderBlock {
  /** Whose block is open; 0 = none is. */
  stream = 0;
  endStream = false;
  dependsOnItself = false;
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(stream: number, endStream: boolean, dependsOnItself: boolean): void {
    this.stream = stream;
    this.endStream = endStream;
    this.dependsOnItself = dependsOnItself;
  }

  /** False = too much. */
  add(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes += end - start;
    this.#pieces.push(bytes.subarray(start, end));
    return this.#bytes <= this.#maxBytes && this.#pieces.length <= MAX_PIECES;
  }

  /** The whole block; the next one may begin. */
  end(): Buffer {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces.length = 0;
    this.#bytes = 0;
    this.stream = 0;
    return joined;
  }
}
