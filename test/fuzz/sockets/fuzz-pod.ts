// A pod that does with each request what the request's plan says, and checks what it gets.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { resetSocket } from '../../../src/base/reset-socket.ts';
import { EndOfBytes, HttpReader } from '../../support/http-reader.ts';
import type { TestAddress } from '../../support/live-plane.ts';
import { turns } from '../../support/until.ts';
import { chance, oneOf, type RequestPlan } from './plan.ts';
import { answerBody, answerHead, bodyOf, foreignAnswer, GARBAGE, pieces, planIn } from './wire.ts';

/** Connections that end before a byte of theirs is read. */
const REFUSED_SHARE = 0.02;
const MOST_TURNS = 4;

export interface PodLedger {
  /** How often the head of each request has come to any pod. */
  readonly seen: Map<string, number>;
  /** What must not be. */
  readonly problems: string[];
}

export class FuzzPod {
  readonly #server: Server;
  readonly #random: Random;
  readonly #ledger: PodLedger;
  readonly #open = new Set<Socket>();

  private constructor(seed: number, ledger: PodLedger) {
    this.#random = seededRandom(seed);
    this.#ledger = ledger;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onConnection(socket));
  }

  static async start(seed: number, ledger: PodLedger): Promise<FuzzPod> {
    const pod = new FuzzPod(seed, ledger);
    pod.#server.listen(0, '127.0.0.1');
    await once(pod.#server, 'listening');
    return pod;
  }

  get address(): TestAddress {
    const address = this.#server.address();
    return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onConnection(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => {});
    if (chance(this.#random, REFUSED_SHARE)) {
      socket.resume();
      end(socket, oneOf(this.#random, 'fin', 'rst'));
      return;
    }
    this.#serve(socket).catch((error: unknown) => {
      if (!(error instanceof EndOfBytes)) this.#ledger.problems.push(`a pod: ${String(error)}`);
      socket.end();
    });
  }

  async #serve(socket: Socket): Promise<void> {
    const reader = new HttpReader(socket);
    for (;;) {
      const head = await reader.head();
      const plan = planIn(head.get);
      if (plan === null || head.start !== `${plan.method} /${plan.id} HTTP/1.1`) {
        this.#ledger.problems.push(`a pod was sent ${JSON.stringify(head.start)}`);
        return;
      }
      this.#ledger.seen.set(plan.id, (this.#ledger.seen.get(plan.id) ?? 0) + 1);
      const random = seededRandom(plan.seed);
      if (plan.fault?.at === 'request') {
        await turns(Math.floor(random.next() * MOST_TURNS));
        end(socket, plan.fault.how);
        if (plan.fault.how !== 'stall') return;
      }
      const { body } = await reader.body(head, false);
      if (!body.equals(bodyOf('up', plan.id, plan.body.bytes)))
        this.#ledger.problems.push(`${plan.id}: a pod took for whole what is not its body, ${body.length} bytes`);
      if (plan.fault?.at !== 'request') await answer(socket, plan, random);
    }
  }
}

/** `stall` does nothing, for ever. */
function end(socket: Socket, how: 'fin' | 'rst' | 'stall' | 'greeting'): void {
  if (how === 'rst') resetSocket(socket);
  else if (how === 'fin') socket.end();
  else if (how === 'greeting') socket.end('220 mail.example ESMTP\r\n');
}

async function answer(socket: Socket, plan: RequestPlan, random: Random): Promise<void> {
  const { fault } = plan;
  const head = Buffer.from(answerHead(plan), 'latin1');
  const whole = Buffer.concat([head, answerBody(plan, random)]);
  if (fault?.at === 'behind') {
    const behind = fault.how === 'garbage' ? GARBAGE : foreignAnswer();
    // In one write: what comes later could not be told from the answer to the next request.
    await write(socket, Buffer.concat([whole, Buffer.from(behind, 'latin1')]));
    return;
  }
  const to = fault?.at === 'answer' ? Math.floor(fault.share * whole.length) : whole.length;
  const cut = fault?.at === 'answer' && fault.how === 'garbage' ? Math.min(to, lastPlaceForGarbage(plan, head)) : to;
  for (const piece of pieces(whole.subarray(0, cut), random)) {
    await write(socket, piece);
    if (chance(random, 0.5)) await turns(1 + Math.floor(random.next() * MOST_TURNS));
  }
  if (fault?.at === 'answer') {
    if (fault.how === 'garbage') await write(socket, Buffer.from(GARBAGE, 'latin1'));
    end(socket, fault.how === 'garbage' ? 'fin' : fault.how);
  } else if (plan.afterwards === 'rst' && plan.answer.framing !== 'close') {
    await turns(Math.floor(random.next() * MOST_TURNS));
    resetSocket(socket);
  } else if (plan.afterwards !== 'keep' || plan.answer.framing === 'close') {
    if (plan.afterwards === 'fin') await turns(Math.floor(random.next() * MOST_TURNS));
    socket.end();
  }
}

/** Within a body of known length garbage would be a body like any other. */
function lastPlaceForGarbage(plan: RequestPlan, head: Buffer): number {
  return plan.answer.framing === 'chunked' && plan.method !== 'HEAD' ? head.length : head.length - 2;
}

/** Waits while the proxy does not take it. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}
