// Reads HTTP/1.1 messages off a socket, plainly and on its own: what tests compare the proxy's codec with must not be that codec.
import type { Socket } from 'node:net';

export interface HttpMessage {
  /** The start line. */
  readonly start: string;
  /** In the order and spelling in which they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Value of the first field of that name, in whatever case. */
  get(name: string): string | undefined;
}

export interface HttpBody {
  readonly body: Buffer;
  readonly trailers: readonly string[];
}

/** The bytes ended where more were owed; `partial` is what had come of the part that was being read. */
export class EndOfBytes extends Error {
  readonly partial: Buffer;

  constructor(partial: Buffer) {
    super(`the connection ended; it had brought ${JSON.stringify(partial.toString('latin1').slice(0, 200))}`);
    this.name = 'EndOfBytes';
    this.partial = partial;
  }
}

export class HttpReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Behind `#bytes`, not joined yet. */
  #pieces: Buffer[] = [];
  #count = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#count += piece.length;
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', end);
    socket.on('close', end);
  }

  /** A start line and its fields. */
  async head(): Promise<HttpMessage> {
    const start = await this.#line();
    const fields = (await this.#lines()).map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const get = (name: string): string | undefined =>
      fields.find(([candidate]) => candidate.toLowerCase() === name.toLowerCase())?.[1];
    return { start, fields, get };
  }

  /** The body that `message` announces; `untilClose`: one without length ends with the connection. */
  async body(message: HttpMessage, untilClose: boolean): Promise<HttpBody> {
    if (message.get('transfer-encoding') === 'chunked') return this.#chunked();
    const length = message.get('content-length');
    if (length !== undefined) return { body: await this.exactly(Number(length)), trailers: [] };
    return { body: untilClose ? await this.rest() : Buffer.alloc(0), trailers: [] };
  }

  async exactly(count: number): Promise<Buffer> {
    while (this.#count < count) await this.#more();
    this.#join();
    return this.#take(count);
  }

  /** Everything up to the end. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#more();
    return this.#take(this.#join().length);
  }

  async #chunked(): Promise<HttpBody> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await this.#line(), 16);
      if (size === 0) return { body: Buffer.concat(chunks), trailers: await this.#lines() };
      const chunk = await this.exactly(size + 2);
      chunks.push(chunk.subarray(0, size));
    }
  }

  /** Lines up to an empty one. */
  async #lines(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.#line(); line !== ''; line = await this.#line()) lines.push(line);
    return lines;
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#join().indexOf('\r\n');
      if (end >= 0) return this.#take(end + 2).toString('latin1', 0, end);
      await this.#more();
    }
  }

  #join(): Buffer {
    if (this.#pieces.length > 0) {
      this.#bytes = Buffer.concat([this.#bytes, ...this.#pieces]);
      this.#pieces = [];
    }
    return this.#bytes;
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    this.#count -= count;
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new EndOfBytes(this.#take(this.#join().length));
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }
}
