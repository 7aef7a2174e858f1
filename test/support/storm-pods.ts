// Pods that hold every request that comes until the storm does something to it, good or bad, of HTTP/1.1 and HTTP/2.
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Random, randomBelow } from '../../src/base/random.ts';
import type { Http2Script } from './http2-backend.ts';
import type { BackendConnection, BackendRequest, Script } from './scripted-backend.ts';

const COPIES = 40;

/** What an attempt is answered: whoever gets parts of two of them can tell. */
const textOf = (id: string, attempt: number): string => `<${id} ${attempt}>`.repeat(COPIES);
export const requestBody = (id: string, size: number): string => `[${id}]`.repeat(size);

/** Of an answer to `id` that is whole; else what is wrong. */
export function problemOf(text: string, id: string): string {
  const [first = ''] = text.split('>', 1);
  if (text === '' || (first.startsWith(`<${id} `) && text === `${first}>`.repeat(COPIES))) return '';
  return `the answer to ${id} has ${text.length} bytes: ${text.slice(0, 60)} … ${text.slice(-60)}`;
}

/** Of the beginning of one that was broken off. */
export function problemOfPart(part: string, id: string): string {
  const [first = ''] = part.split('>', 1);
  const whole = `${first}>`.repeat(COPIES);
  if (whole.startsWith(part) && `<${id} `.startsWith(first.slice(0, id.length + 2))) return '';
  return `the broken answer to ${id} is ${JSON.stringify(part.slice(0, 200))}`;
}

interface Held {
  /** One thing happens to it; true = it is over. */
  act(): boolean;
}

export class StormPods {
  /** What must not be. */
  readonly problems: string[] = [];
  /** What callers send, by id. */
  readonly bodies = new Map<string, string>();
  readonly #random: Random;
  readonly #held: Held[] = [];
  #attempts = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get held(): number {
    return this.#held.length;
  }

  /** To one of those that are held. */
  act(): void {
    const at = randomBelow(this.#random, this.#held.length);
    if (this.#held[at]?.act() === true) this.#held.splice(at, 1);
  }

  readonly script: Script = async (request, connection) => {
    const id = request.target.slice(1);
    void this.#check(request.body, id);
    await new Promise<void>((done) => this.#held.push(this.#http1(request, connection, id, done)));
  };

  readonly http2Script: Http2Script = (stream, headers) => {
    const id = String(headers[':path']).slice(1);
    let text = '';
    stream.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    // What is broken off may look like an end here.
    stream.on('close', () => this.#compare(id, text, false));
    this.#attempts += 1;
    this.#held.push(this.#http2(stream, headers[':method'] === 'HEAD', textOf(id, this.#attempts)));
  };

  /** A body that comes whole is the caller's. */
  async #check(body: BackendRequest['body'], id: string): Promise<void> {
    const whole = await body.catch(() => null);
    if (whole !== null) this.#compare(id, String(whole.body), true);
  }

  #compare(id: string, text: string, isWhole: boolean): void {
    const wanted = this.bodies.get(id) ?? '';
    if (isWhole ? text === wanted : wanted.startsWith(text)) return;
    this.problems.push(`of the body of ${id} came ${text.length} of ${wanted.length} bytes: ${text.slice(0, 60)}`);
  }

  #http1(request: BackendRequest, connection: BackendConnection, id: string, done: () => void): Held {
    this.#attempts += 1;
    const text = textOf(id, this.#attempts);
    const bodiless = request.method === 'HEAD';
    const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${bodiless ? '' : text}`;
    const half = whole.length - (bodiless ? 5 : 100);
    const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`;
    let sent = 0;
    const act = (): boolean => {
      const move = randomBelow(this.#random, 14);
      if (move === 0) connection.reset();
      else if (move === 1) connection.end();
      else if (sent > 0) connection.send(whole.slice(sent));
      else if (move === 2) connection.answer(503, bodiless ? '' : text);
      else if (move === 3) {
        connection.send(whole.slice(0, half));
        sent = half;
        return false;
      } else if (move === 4) connection.send(`HTTP/1.1 103 Early Hints\r\nLink: </${id}>\r\n\r\n`);
      else if (move === 5) connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      else if (move === 6) connection.send('\0garbage\r\n\r\n');
      else if (move === 7) connection.send(`${whole}${whole}`);
      else if (move === 8) {
        connection.send(bodiless ? chunked : `${chunked}${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`);
      } else if (move === 9) connection.send('HTTP/1.1 204 No Content\r\n\r\n');
      else if (move === 10) {
        connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${bodiless ? '' : text}`);
        connection.end();
      } else if (move === 11 && request.get('upgrade') !== undefined) {
        connection.send(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n<${id} up>`);
      } else if (move !== 12) connection.send(whole);
      const goesOn = move === 4 || move === 5;
      if (!goesOn) done();
      return !goesOn;
    };
    return { act };
  }

  #http2(stream: ServerHttp2Stream, bodiless: boolean, text: string): Held {
    let begun = false;
    const act = (): boolean => {
      if (stream.destroyed || stream.session === undefined) return true;
      const { session } = stream;
      const move = randomBelow(this.#random, 11);
      if (move === 0) session?.destroy();
      else if (move === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else if (move === 2) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else if (move === 3) session?.close();
      else if (begun) stream.end(text.slice(200));
      else if (bodiless) stream.respond({ ':status': 200 }, { endStream: true });
      else if (move === 4) stream.respond({ ':status': 200, 'grpc-status': '14' }, { endStream: true });
      else if (move === 5) {
        stream.respond({ ':status': 503 });
        stream.end(text);
      } else if (move === 6) {
        // Node ends what it breaks off in order: only the length tells that it is not whole.
        stream.respond({ ':status': 200, 'content-length': text.length });
        stream.write(text.slice(0, 200));
        begun = true;
        return false;
      } else if (move === 7) stream.additionalHeaders({ ':status': 103 });
      else if (move === 8) {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(text);
      } else if (move !== 9) {
        stream.respond({ ':status': 200 });
        stream.end(text);
      }
      return move !== 3 && move !== 7;
    };
    return { act };
  }
}
