// A pod of HTTP/2 that does with each request what the request's plan says, and checks what it gets.
import { once } from 'node:events';
import { constants, createServer, type Http2Server, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import type { TestAddress } from '../../support/live-plane.ts';
import { turns } from '../../support/until.ts';
import type { PodLedger } from './fuzz-pod.ts';
import { chance, oneOf, type PodFault, type RequestPlan } from './plan.ts';
import { bodyOf, ID_FIELD, pieces, planIn } from './wire.ts';

/** Requests that it says not to have looked at, and connections that it leaves behind one. */
const REFUSED_SHARE = 0.02;
const LEAVING_SHARE = 0.01;
const MOST_TURNS = 4;
const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

export class FuzzHttp2Pod {
  readonly #server: Http2Server;
  readonly #random: Random;
  readonly #ledger: PodLedger;
  readonly #open = new Set<Http2Session>();
  /** The last stream of each connection. */
  readonly #last = new WeakMap<Http2Session, number>();

  private constructor(seed: number, ledger: PodLedger) {
    this.#random = seededRandom(seed);
    this.#ledger = ledger;
    this.#server = createServer({ settings: { maxConcurrentStreams: 8 } });
    this.#server.on('session', (session) => {
      this.#open.add(session);
      session.on('error', () => {});
      session.on('close', () => this.#open.delete(session));
    });
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      const plan = planIn((field) => headers[field]?.toString());
      this.#serve(stream, plan, `${headers[':method']} ${headers[':path']}`).catch((error: unknown) =>
        this.#ledger.problems.push(`a pod of HTTP/2: ${String(error)}`),
      );
    });
  }

  static async start(seed: number, ledger: PodLedger): Promise<FuzzHttp2Pod> {
    const pod = new FuzzHttp2Pod(seed, ledger);
    pod.#server.listen(0, '127.0.0.1');
    await once(pod.#server, 'listening');
    return pod;
  }

  get address(): TestAddress {
    const address = this.#server.address();
    return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
  }

  async close(): Promise<void> {
    for (const session of this.#open) session.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(stream: ServerHttp2Stream, plan: RequestPlan | null, start: string): Promise<void> {
    if (plan === null || start !== `${plan.method} /${plan.id}`) {
      this.#ledger.problems.push(`a pod of HTTP/2 was sent ${JSON.stringify(start)}`);
      return;
    }
    if (this.#passesOver(stream)) return;
    this.#ledger.seen.set(plan.id, (this.#ledger.seen.get(plan.id) ?? 0) + 1);
    const random = seededRandom(plan.seed);
    if (plan.fault?.at === 'request') {
      await turns(Math.floor(random.next() * MOST_TURNS));
      fail(stream, plan.fault);
      // A request that cannot be sent on has no timeout but that of a silence, which is minutes.
      stream.resume();
      return;
    }
    const body = await bodyIn(stream);
    if (body === null) return;
    if (!body.equals(bodyOf('up', plan.id, plan.body.bytes)))
      this.#ledger.problems.push(`${plan.id}: a pod took for whole what is not its body, ${body.length} bytes`);
    await answer(stream, plan, random);
  }

  /** Says that it has not looked at this one, by itself or with all that would follow on its connection. */
  #passesOver(stream: ServerHttp2Stream): boolean {
    const { session, id = 0 } = stream;
    if (session === undefined) return true;
    const last = this.#last.get(session) ?? 0;
    this.#last.set(session, Math.max(id, last));
    if (chance(this.#random, REFUSED_SHARE)) {
      stream.close(NGHTTP2_REFUSED_STREAM);
      return true;
    }
    if (id < last || !chance(this.#random, LEAVING_SHARE)) return false;
    session.goaway(NGHTTP2_NO_ERROR, last);
    stream.close(NGHTTP2_REFUSED_STREAM);
    session.close();
    return true;
  }
}

/** Null: it was cut off. */
async function bodyIn(stream: ServerHttp2Stream): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = new Promise<boolean>((resolve) => {
    // Node ends what is cut off, too, just before it says so.
    stream.once('end', () => setImmediate(() => resolve(!stream.closed && !stream.destroyed && !stream.aborted)));
    stream.once('close', () => resolve(false));
  });
  return (await ended) ? Buffer.concat(pieces) : null;
}

/** `stall` does nothing, for ever; connections end for all that they carry. */
function fail(stream: ServerHttp2Stream, { how }: Exclude<PodFault, { readonly at: 'behind' }>): void {
  if (how === 'fin') stream.session?.destroy();
  // `close` would end the answer first, as if it were whole.
  else if (how !== 'stall') stream.destroy(new Error('for the test'));
}

async function answer(stream: ServerHttp2Stream, plan: RequestPlan, random: Random): Promise<void> {
  const { fault, afterwards, method } = plan;
  const { status, framing, bytes, interim } = plan.answer;
  if (stream.destroyed) return;
  if (interim) stream.additionalHeaders({ ':status': 103, link: '</a>' });
  const length = framing === 'length' ? { 'content-length': String(bytes) } : {};
  const body = method === 'HEAD' ? Buffer.alloc(0) : bodyOf('down', plan.id, bytes);
  const ends = body.length === 0 && fault?.at !== 'answer';
  stream.respond({ ':status': status, [ID_FIELD]: plan.id, ...length }, { endStream: ends });
  const to = fault?.at === 'answer' ? Math.floor(fault.share * body.length) : body.length;
  for (const piece of pieces(body.subarray(0, to), random)) {
    await write(stream, piece);
    if (chance(random, 0.5)) await turns(1 + Math.floor(random.next() * MOST_TURNS));
  }
  if (fault?.at === 'answer') {
    // Bodies of a length may end short of it: that is no answer.
    if (fault.how === 'garbage' && framing === 'length' && to < body.length) stream.end();
    else fail(stream, fault);
    return;
  }
  if (!ends && !stream.destroyed) stream.end();
  if (afterwards === 'keep') return;
  await turns(Math.floor(random.next() * MOST_TURNS));
  if (afterwards === 'say') stream.session?.close();
  else if (oneOf(random, true, false)) stream.session?.destroy();
}

/** Waits while the proxy does not take it. */
async function write(stream: ServerHttp2Stream, bytes: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return;
  await new Promise<void>((resolve) => {
    stream.once('drain', resolve);
    stream.once('close', () => resolve());
  });
}
