// The same bytes as Node's HTTP/2 server (nghttp2) understands them, over connections in memory.
import { createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { INTERNAL_ERROR, NO_ERROR } from '../../../src/proxy/codec/http2/error-code.ts';
import { FRAME_HEAD_BYTES, GOAWAY, PREFACE } from '../../../src/proxy/codec/http2/frame.ts';
import { framesOf } from '../../unit/proxy/codec/http2/frames.ts';
import { type Traffic, WireEnd } from '../http1/memory-wire.ts';
import { say } from '../http1/node-oracle.ts';

export interface Http2Request {
  readonly stream: number;
  /** Name, value, name, value, as sent, pseudo-header fields too. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  readonly complete: boolean;
}

export interface Http2Reading {
  readonly requests: readonly Http2Request[];
  /** The code with which the connection was ended, INTERNAL_ERROR where nothing was said; 0 = it was not. */
  readonly failure: number;
}

class Collected {
  readonly #stream: number;
  readonly #fields: readonly string[];
  readonly #data: Buffer[] = [];
  #trailers: readonly string[] = [];
  #complete = false;

  constructor(stream: ServerHttp2Stream, fields: readonly string[]) {
    this.#stream = stream.id ?? 0;
    this.#fields = fields;
    stream.on('data', (bytes: Buffer) => this.#data.push(bytes));
    stream.on('trailers', (_trailers, _flags, raw: readonly string[]) => {
      this.#trailers = raw;
    });
    stream.on('end', () => {
      this.#complete = !stream.aborted && stream.rstCode === 0;
      if (!stream.destroyed && !stream.headersSent) stream.respond({ ':status': 200 }, { endStream: true });
    });
  }

  get request(): Http2Request {
    return {
      stream: this.#stream,
      fields: this.#fields,
      body: Buffer.concat(this.#data).toString('latin1'),
      trailers: this.#trailers,
      complete: this.#complete,
    };
  }
}

/** What one connection has brought so far. */
export class Http2Hearing {
  readonly #collected: Collected[] = [];
  /** Its session has failed. */
  broken = false;

  add(stream: ServerHttp2Stream, fields: readonly string[]): void {
    this.#collected.push(new Collected(stream, fields));
  }

  get requests(): readonly Http2Request[] {
    return this.#collected.map((one) => one.request);
  }
}

/** Answers every complete request with an empty 200. */
export class NodeHttp2Server {
  readonly #server: Http2Server = createServer({ strictFieldWhitespaceValidation: false });
  readonly #heard = new WeakMap<Http2Session, Http2Hearing>();
  #next = new Http2Hearing();

  constructor() {
    this.#server.on('session', (session) => {
      const hearing = this.#next;
      session.on('error', () => {
        hearing.broken = true;
      });
      this.#heard.set(session, hearing);
    });
    this.#server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, raw: readonly string[]) => {
      stream.on('error', () => undefined);
      const { session } = stream;
      if (session !== undefined) this.#heard.get(session)?.add(stream, raw);
    });
  }

  /** Reads the requests that come on `wire`. */
  listen(wire: WireEnd): Http2Hearing {
    const hearing = new Http2Hearing();
    this.#next = hearing;
    this.#server.emit('connection', wire);
    return hearing;
  }
}

/** Everything that Node's server hears in `bytes`. */
export async function nodeReading(server: NodeHttp2Server, bytes: string): Promise<Http2Reading> {
  const traffic: Traffic = { events: 0 };
  const [ours, theirs] = WireEnd.pair(traffic);
  const said: Buffer[] = [];
  ours.on('data', (piece: Buffer) => said.push(piece));
  const hearing = server.listen(theirs);
  await say(ours, traffic, frameByFrame(bytes));
  const failure = failureIn(Buffer.concat(said));
  return { requests: hearing.requests, failure: failure === NO_ERROR && hearing.broken ? INTERNAL_ERROR : failure };
}

/** A connection that Node ends takes along the requests of the same read that nobody was told of yet: each frame comes by itself. */
function frameByFrame(bytes: string): string[] {
  const pieces = [bytes.slice(0, PREFACE.length)];
  for (let at = PREFACE.length; at < bytes.length; ) {
    const length = Buffer.from(bytes.slice(at, at + 3).padEnd(3, '\0'), 'latin1').readUIntBE(0, 3);
    pieces.push(bytes.slice(at, at + FRAME_HEAD_BYTES + length));
    at += FRAME_HEAD_BYTES + length;
  }
  return pieces;
}

function failureIn(said: Buffer): number {
  const codes = framesOf(said)
    .filter(({ type }) => type === GOAWAY)
    .map(({ payload }) => payload.readUInt32BE(4));
  return codes.find((code) => code > 0) ?? 0;
}
