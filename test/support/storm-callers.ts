// Callers of HTTP/1.1 and HTTP/2 that ask all kinds of things, leave when they like, and check that each request gets one end and nothing but its own bytes.
import { type Random, randomBelow } from '../../src/base/random.ts';
import { EndOfBytes } from './http-reader.ts';
import { answerOf, Http2Caller } from './http2-caller.ts';
import type { LivePlane } from './live-plane.ts';
import { chunk, type RawAnswer, type RawClient } from './raw-client.ts';
import { problemOf, problemOfPart, requestBody, type StormPods } from './storm-pods.ts';
import { turns } from './until.ts';

const SERVICES = ['web', 'rpc'] as const;
/** What a caller may be told by the sidecar itself. */
const OWN_STATUSES = [400, 408, 413, 429, 502, 503, 504];

export class StormCallers {
  /** Callers that have not asked everything yet. */
  left = 0;
  /** Those that wait, and for what. */
  readonly waiting = new Set<string>();
  /** Requests that were answered whole. */
  readonly answered: string[] = [];
  readonly #plane: LivePlane;
  readonly #pods: StormPods;
  readonly #random: Random;

  constructor(plane: LivePlane, pods: StormPods, random: Random) {
    this.#plane = plane;
    this.#pods = pods;
    this.#random = random;
  }

  async http1(name: string, requests: number): Promise<void> {
    this.left += 1;
    let client: RawClient | null = null;
    for (let count = 0; count < requests; count += 1) {
      client ??= await this.#plane.client();
      const id = `${name}.${count}`;
      this.waiting.add(id);
      const goesOn = await this.#ask(client, id);
      this.waiting.delete(id);
      if (!goesOn) {
        client.socket.destroy();
        client = null;
      }
    }
    client?.end();
    const rest = client === null ? '' : await client.rest();
    if (rest !== '') this.#problem(`behind the last answer of ${name} came ${JSON.stringify(rest.slice(0, 100))}`);
    this.left -= 1;
  }

  async http2(name: string, requests: number): Promise<void> {
    this.left += 1;
    let caller = new Http2Caller(this.#plane.port);
    for (let count = 0; count < requests; count += 1) {
      if (caller.session.destroyed || caller.session.closed) caller = new Http2Caller(this.#plane.port);
      const asks = Array.from({ length: 1 + this.#below(3) }, (_, index) =>
        this.#askStream(caller, `${name}.${count}.${index}`),
      );
      if (this.#below(12) === 0) {
        await turns(this.#below(10));
        caller.close();
      }
      await Promise.all(asks);
    }
    caller.close();
    this.left -= 1;
  }

  /** False: its connection is of no use any more. */
  async #ask(client: RawClient, id: string): Promise<boolean> {
    const kind = this.#below(8);
    const method = kind === 0 ? 'HEAD' : kind < 3 ? 'GET' : 'PUT';
    const host = SERVICES[this.#below(4) === 0 ? 1 : 0];
    const upgrades = kind === 2;
    const size = method === 'PUT' ? 1 + this.#below(4_000) : 0;
    const body = requestBody(id, size);
    this.#pods.bodies.set(id, body);
    const fields = upgrades ? 'Connection: Upgrade\r\nUpgrade: echo\r\n' : '';
    const start = `${method} /${id} HTTP/1.1\r\nHost: ${host}\r\n${fields}`;
    try {
      if (method !== 'PUT') client.send(`${start}\r\n`);
      else if (kind === 3) await this.#sendPieces(client, `${start}Transfer-Encoding: chunked\r\n\r\n`, body, true);
      else {
        const expects = kind === 4 ? 'Expect: 100-continue\r\n' : '';
        await this.#sendPieces(client, `${start}${expects}Content-Length: ${body.length}\r\n\r\n`, body, false);
      }
      if (this.#below(12) === 0) return await this.#leave(client);
      return this.#judge(await finalAnswer(client, method), id, upgrades);
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      const part = String(error.partial);
      // Of a head that was broken off nothing can be said.
      if (part.startsWith('<')) this.#note(problemOfPart(part, id));
      return false;
    }
  }

  #judge(answer: RawAnswer, id: string, upgrades: boolean): boolean {
    this.answered.push(id);
    if (answer.status === 101) {
      if (!upgrades) this.#problem(`${id} was upgraded, and had not asked for it`);
      return false;
    }
    if (answer.get('x-switchboard-error') === undefined) this.#note(problemOf(answer.text, id));
    else if (!OWN_STATUSES.includes(answer.status)) this.#problem(`${id} got ${answer.status} ${answer.text}`);
    return answer.get('connection') !== 'close';
  }

  async #sendPieces(client: RawClient, head: string, body: string, chunked: boolean): Promise<void> {
    client.send(head);
    const pieces = 1 + this.#below(4);
    const step = Math.ceil(body.length / pieces);
    for (let at = 0; at < body.length; at += step) {
      if (this.#below(2) === 0) await turns(this.#below(12));
      const piece = body.slice(at, at + step);
      client.send(chunked ? chunk(piece) : piece);
    }
    if (chunked) client.send('0\r\n\r\n');
  }

  async #leave(client: RawClient): Promise<false> {
    await turns(this.#below(20));
    if (this.#below(2) === 0) client.reset();
    else client.end();
    return false;
  }

  async #askStream(caller: Http2Caller, id: string): Promise<void> {
    const size = this.#below(2) === 0 ? 0 : 1 + this.#below(6_000);
    const body = requestBody(id, size);
    this.#pods.bodies.set(id, body);
    const headers = { ':method': size === 0 ? 'GET' : 'PUT', ':path': `/${id}` };
    const isGrpc = this.#below(3) === 0 ? { 'content-type': 'application/grpc', te: 'trailers' } : {};
    const stream = caller.open(SERVICES[this.#below(2)] ?? 'web', { ...headers, ...isGrpc }, size === 0);
    const answer = answerOf(stream);
    this.waiting.add(id);
    if (size > 0) {
      stream.write(body.slice(0, body.length >> 1));
      await turns(this.#below(12));
      if (!stream.destroyed) stream.end(body.slice(body.length >> 1));
    }
    if (this.#below(10) === 0) {
      await turns(this.#below(12));
      stream.close(8);
    }
    try {
      const { headers: fields, body: bytes } = await answer;
      // Whoever leaves is told by Node that the answer has ended.
      const { destroyed } = caller.session;
      if (!destroyed) this.answered.push(id);
      const isOwn = fields['x-switchboard-error'] !== undefined;
      if (!isOwn) this.#note((destroyed ? problemOfPart : problemOf)(String(bytes), id));
    } catch {
      // Broken off, for everybody to see.
    }
    this.waiting.delete(id);
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound);
  }

  #note(problem: string): void {
    if (problem !== '') this.#problem(problem);
  }

  #problem(problem: string): void {
    this.#pods.problems.push(problem);
  }
}

/** Interim answers are passed over. */
async function finalAnswer(client: RawClient, method: string): Promise<RawAnswer> {
  for (;;) {
    const answer = await client.answer(method);
    if (answer.status >= 200 || answer.status === 101) return answer;
  }
}
