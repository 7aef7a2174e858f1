// A caller that sends bytes as the test says and reads answers one by one.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HttpReader } from './http-reader.ts';

export interface RawAnswer {
  readonly status: number;
  /** The status line. */
  readonly start: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  get(name: string): string | undefined;
  /** latin1: one character a byte. */
  readonly text: string;
  readonly body: Buffer;
  readonly trailers: readonly string[];
}

export class RawClient {
  readonly socket: Socket;
  readonly #reader: HttpReader;
  /** How the connection ended: 'fin' = in order, else the error's code. */
  readonly closed: Promise<string>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#reader = new HttpReader(socket);
    this.closed = new Promise((resolve) => {
      let how = 'fin';
      socket.on('error', (error) => {
        how = 'code' in error ? String(error.code) : error.message;
      });
      socket.on('close', () => resolve(how));
    });
  }

  /** Its own side stays open until `end`, whatever the proxy does with the other. `from`: an address of this machine; default: any. */
  static async connect(port: number, host = '127.0.0.1', from?: string): Promise<RawClient> {
    const own = from === undefined ? {} : { localAddress: from };
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, ...own });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** The next answer, whole; interim ones (1xx) count. `method` is that of its request. */
  async answer(method = 'GET'): Promise<RawAnswer> {
    const head = await this.#reader.head();
    const status = Number(head.start.split(' ')[1]);
    const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
    const { body, trailers } = bodiless
      ? { body: Buffer.alloc(0), trailers: [] }
      : await this.#reader.body(head, method !== 'CONNECT');
    return { ...head, status, body, trailers, text: body.toString('latin1') };
  }

  /** Sends one request and reads its answer. */
  async ask(request: string): Promise<RawAnswer> {
    this.send(request);
    return this.answer(request.slice(0, request.indexOf(' ')));
  }

  /** Reads exactly so many bytes. */
  read(count: number): Promise<Buffer> {
    return this.#reader.exactly(count);
  }

  /** Everything that still comes, once the proxy has ended its side; latin1. */
  async rest(): Promise<string> {
    return (await this.#reader.rest()).toString('latin1');
  }

  /** Sends FIN. */
  end(): void {
    this.socket.end();
  }

  /** Sends FIN and tells how the connection ended. */
  finish(): Promise<string> {
    this.socket.end();
    return this.closed;
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** A request without a body to the Service `host`. */
export function get(host: string, path = '/', fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;
}

/** A request with a body of known length. */
export function post(host: string, body: string, fields = '', method = 'POST'): string {
  return `${method} / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

/** `text` as one chunk of the chunked coding. */
export function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
