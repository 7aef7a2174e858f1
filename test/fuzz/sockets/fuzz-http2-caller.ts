// One caller's connection of HTTP/2: sends the requests of its plan, some of them at once, and tells what became of each.
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { resetSocket } from '../../../src/base/reset-socket.ts';
import { turns } from '../../support/until.ts';
import { judgeFailure, type Outcome, type OutcomeKind, PATIENCE_MS, problemOfAnswer } from './outcome.ts';
import type { CallerPlan, Leave, RequestFraming, RequestPlan } from './plan.ts';
import { bodyOf, pieces, planFields, TUNNEL } from './wire.ts';

const MOST_TURNS = 4;
const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

/** What has come of one answer. */
interface Received {
  headers: IncomingHttpHeaders | null;
  readonly pieces: Buffer[];
  ended: boolean;
}

export class FuzzHttp2Caller {
  readonly outcomes: Outcome[] = [];
  readonly #plan: CallerPlan;
  readonly #socket: Socket;
  readonly #tunnelled: boolean;
  readonly #random: Random;
  #session: ClientHttp2Session | null = null;
  /** It has gone, with everything that was in work. */
  #gone = false;

  /** `tunnelled`: it asks for a tunnel to the Service first, and says all the rest in it. */
  constructor(plan: CallerPlan, port: number, tunnelled = false) {
    this.#plan = plan;
    this.#tunnelled = tunnelled;
    this.#random = seededRandom(plan.seed);
    this.#socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('error', () => {});
  }

  /** Resolves when the connection is closed. */
  async run(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    await once(this.#socket, 'connect');
    if (this.#tunnelled) await openTunnel(this.#socket);
    const session = connect('http://127.0.0.1', { createConnection: () => this.#socket });
    session.on('error', () => {});
    this.#session = session;
    const { requests, pipelined } = this.#plan;
    const inWork: Promise<Outcome>[] = [];
    for (const [index, request] of requests.entries()) {
      const outcome = this.#ask(session, index, request);
      inWork.push(outcome);
      if (!pipelined) await outcome;
    }
    this.outcomes.push(...(await Promise.all(inWork)));
    session.destroy();
    await closed;
  }

  async #ask(session: ClientHttp2Session, index: number, plan: RequestPlan): Promise<Outcome> {
    if (this.#gone) return { plan, kind: 'left', detail: '' };
    if (session.closed || session.destroyed) return { plan, kind: 'unserved', detail: '' };
    const { leave } = this.#plan;
    const leaving = leave?.at === index ? leave : null;
    const framing = plan.body.framing === 'length' ? { 'content-length': String(plan.body.bytes) } : {};
    const start = { ':method': plan.method, ':path': `/${plan.id}`, ':authority': 'web' };
    const endStream = plan.body.framing === 'none';
    const stream = session.request({ ...start, ...planFields(plan), ...framing }, { endStream });
    const received: Received = { headers: null, pieces: [], ended: false };
    const done = this.#receive(stream, received);
    if (!endStream) await this.#send(stream, bodyOf('up', plan.id, plan.body.bytes), leaving);
    const left = leaving !== null && (await this.#leave(stream, received, plan.body.framing, leaving));
    if (!(await done)) return { plan, kind: 'wrong', detail: `no end within ${PATIENCE_MS} ms` };
    return this.#judge(plan, stream, received, left);
  }

  async #send(stream: ClientHttp2Stream, body: Buffer, leaving: Leave | null): Promise<void> {
    const cut = leaving?.phase === 'sending' ? Math.floor(this.#random.next() * body.length) : body.length;
    for (const piece of pieces(body.subarray(0, cut), this.#random)) {
      if (stream.destroyed) return;
      stream.write(piece);
      if (this.#random.next() < 0.3) await turns(1 + Math.floor(this.#random.next() * MOST_TURNS));
    }
    if (leaving?.phase !== 'sending' && !stream.destroyed) stream.end();
  }

  /** False = it did not end. */
  #receive(stream: ClientHttp2Stream, received: Received): Promise<boolean> {
    stream.on('error', () => {});
    stream.on('response', (headers) => {
      received.headers = headers;
    });
    stream.on('data', (piece: Buffer) => {
      received.pieces.push(piece);
      if (this.#plan.slow) this.#rest(stream);
    });
    stream.on('end', () => {
      received.ended = true;
    });
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
        stream.close(NGHTTP2_CANCEL);
      }, PATIENCE_MS);
      stream.on('close', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  #rest(stream: ClientHttp2Stream): void {
    stream.pause();
    void turns(1 + Math.floor(this.#random.next() * MOST_TURNS * 4)).then(() => stream.resume());
  }

  /** True: it went before the answer was whole. With `fin` from this request alone, with `rst` from all. */
  async #leave(
    stream: ClientHttp2Stream,
    received: Received,
    framing: RequestFraming,
    { phase, how }: Leave,
  ): Promise<boolean> {
    if (phase === 'waiting') await turns(Math.floor(this.#random.next() * MOST_TURNS));
    if (phase === 'reading') while (!stream.destroyed && received.pieces.length === 0) await turns(1);
    if (stream.destroyed) return false;
    // Node may end a request that it resets, as if it were whole: by its length it is not.
    if (how === 'fin' && (phase !== 'sending' || framing === 'length')) {
      stream.close(NGHTTP2_CANCEL);
      return true;
    }
    this.#gone = true;
    resetSocket(this.#socket);
    this.#session?.destroy();
    return true;
  }

  #judge(
    plan: RequestPlan,
    stream: ClientHttp2Stream,
    { headers, pieces: body, ended }: Received,
    left: boolean,
  ): Outcome {
    const outcome = (kind: OutcomeKind, detail = ''): Outcome => ({ plan, kind, detail });
    // Node ends what it reads when it is ended itself.
    const complete = ended && !left && !this.#gone && stream.rstCode === NGHTTP2_NO_ERROR;
    if (headers === null) {
      if (left || this.#gone) return outcome('left');
      return outcome('reset', `code ${stream.rstCode}`);
    }
    const answer = {
      status: Number(headers[':status']),
      get: (field: string) => headers[field]?.toString(),
      body: Buffer.concat(body),
    };
    const failure = answer.get('x-switchboard-error');
    if (failure !== undefined) {
      if (!complete && (left || this.#gone)) return outcome('left');
      const { kind, detail } = judgeFailure(plan, answer, failure, complete);
      return outcome(kind, detail);
    }
    const problem = problemOfAnswer(plan, answer, complete);
    if (problem !== '') return outcome('wrong', `${problem}, code ${stream.rstCode}`);
    if (complete) return outcome('answered');
    return outcome(left || this.#gone ? 'left' : 'cut');
  }
}

/** The sidecar says yes before it knows what will be said; where it says no, nothing else will be heard. */
async function openTunnel(socket: Socket): Promise<void> {
  socket.write(TUNNEL);
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
}
