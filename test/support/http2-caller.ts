// A caller that speaks HTTP/2 by prior knowledge (Node's own client) and waits for whole answers.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export class Http2Caller {
  readonly session: ClientHttp2Session;
  /** Codes of GOAWAY frames that have come. */
  readonly goAways: number[] = [];

  /** To a port, or on a connection that is there. */
  constructor(to: number | Socket) {
    this.session =
      typeof to === 'number'
        ? connect(`http://127.0.0.1:${to}`)
        : connect('http://127.0.0.1', { createConnection: () => to });
    this.session.on('error', () => {});
    this.session.on('goaway', (code) => this.goAways.push(code));
  }

  /** Begins a request to `service`; its body, if it has one, is the caller's to write. */
  open(service: string, headers: OutgoingHttpHeaders = {}, endStream = true): ClientHttp2Stream {
    const stream = this.session.request({ ':authority': service, ':path': '/', ...headers }, { endStream });
    stream.on('error', () => {});
    return stream;
  }

  ask(service: string, headers: OutgoingHttpHeaders = {}, body: Buffer | string | null = null): Promise<Http2Answer> {
    const stream = this.open(service, headers, body === null);
    if (body !== null) stream.end(body);
    return answerOf(stream);
  }

  close(): void {
    this.session.destroy();
  }
}

/** Rejects with the code where the stream is reset before the answer is whole. */
export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let ended = false;
    const pieces: Buffer[] = [];
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      ended = true;
    });
    stream.on('close', () => {
      const status = Number(headers[':status'] ?? 0);
      if (ended && status > 0 && stream.rstCode === 0) {
        resolve({ status, headers, trailers, body: Buffer.concat(pieces) });
      } else reject(new Error(`reset ${stream.rstCode}`));
    });
  });
}
