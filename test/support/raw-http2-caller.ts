// A caller of HTTP/2 that writes frames as it likes, and keeps those that come.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GOAWAY, HEADERS, PREFACE, SETTINGS } from '../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { type Frame, frame, framesOf } from '../unit/proxy/codec/http2/frames.ts';
import { type FieldPair, write } from '../unit/proxy/codec/http2/hpack/blocks.ts';
import { until } from './until.ts';

/** A GET of `/` from `web`. */
export const REQUEST: readonly FieldPair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'web'],
];

/** Writes frames as it likes. */
export class RawHttp2Caller {
  readonly socket: Socket;
  readonly encoder = new HpackEncoder();
  closed = false;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** With `settings` it has said its own. */
  static async connect(port: number, settings = true): Promise<RawHttp2Caller> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const caller = new RawHttp2Caller(socket);
    caller.send(Buffer.from(PREFACE), settings ? frame(SETTINGS, 0, 0) : Buffer.alloc(0));
    return caller;
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.closed) this.socket.write(Buffer.concat(frames));
  }

  headers(stream: number, fields: readonly FieldPair[] = REQUEST, flags = 5): Buffer {
    return frame(HEADERS, flags, stream, write(this.encoder, fields));
  }

  get frames(): readonly Frame[] {
    return framesOf(this.#received);
  }

  /** The code of the GOAWAY that says more than NO_ERROR. */
  async cutOff(): Promise<number | undefined> {
    const code = (): number | undefined =>
      this.frames
        .filter(({ type }) => type === GOAWAY)
        .map(({ payload }) => payload.readUInt32BE(4))
        .find((error) => error > 0);
    await until('the caller is cut off', () => this.closed || code() !== undefined);
    return code();
  }
}
