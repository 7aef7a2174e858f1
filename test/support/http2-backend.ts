// An HTTP/2 endpoint (Node's own server, cleartext) that keeps what it is asked and answers as its script says.
import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TestAddress } from './live-plane.ts';

export type Http2Script = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export class Http2Backend implements TestAddress {
  readonly host = '127.0.0.1';
  readonly requests: IncomingHttpHeaders[] = [];
  readonly streams: ServerHttp2Stream[] = [];
  readonly sessions: Http2Session[] = [];
  readonly #server: Http2Server;

  private constructor(server: Http2Server, script: Http2Script) {
    this.#server = server;
    server.on('session', (session) => {
      this.sessions.push(session);
      session.on('error', () => {});
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      this.requests.push(headers);
      this.streams.push(stream);
      stream.on('error', () => {});
      script(stream, headers);
    });
  }

  /** `enableConnectProtocol`: it takes extended CONNECT. */
  static async start(
    script: Http2Script,
    maxConcurrentStreams = 1_000,
    enableConnectProtocol = false,
  ): Promise<Http2Backend> {
    const server = createServer({ settings: { maxConcurrentStreams, enableConnectProtocol } });
    const backend = new Http2Backend(server, script);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return backend;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
  }
}

/** Answers with the body that it is sent, its trailers too. */
export const echoStream: Http2Script = (stream, headers) => {
  let sent: IncomingHttpHeaders = {};
  stream.on('trailers', (trailers) => {
    sent = trailers;
  });
  stream.respond({ ':status': 200, 'x-path': headers[':path'] }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(sent['x-sum'] === undefined ? {} : { 'x-sum': sent['x-sum'] }));
  stream.pipe(stream);
};
