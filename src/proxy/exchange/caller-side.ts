// @hot
// What an exchange answers on: a connection of HTTP/1.1, or a stream of HTTP/2.
import type { DownstreamStream } from '../codec/downstream.ts';
import type { Http1ServerConnection } from '../codec/http1/server-connection.ts';
import { Http1ServerStream } from '../codec/http1/server-stream.ts';

export class CallerSide {
  #connection: Http1ServerConnection | null = null;
  #stream: DownstreamStream | null = null;

  /** Called once, before the connection delivers anything. */
  bind(connection: Http1ServerConnection): void {
    this.#connection = connection;
    this.#stream = new Http1ServerStream(connection); // alloc-ok: once a connection
  }

  /** Called once, instead, for an exchange of HTTP/2. */
  bindStream(stream: DownstreamStream): void {
    this.#stream = stream;
  }

  /** The way back to the caller. */
  get stream(): DownstreamStream {
    return this.#stream as DownstreamStream;
  }

  /** Of HTTP/1.1. */
  get connection(): Http1ServerConnection {
    return this.#connection as Http1ServerConnection;
  }
}
