// One caller's connection: sends the requests of its plan, reads what comes, and tells what became of each.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { resetSocket } from '../../../src/base/reset-socket.ts';
import { turns } from '../../support/until.ts';
import { judgeFailure, type Outcome, type OutcomeKind, PATIENCE_MS, problemOfAnswer } from './outcome.ts';
import type { CallerPlan, Leave, RequestPlan } from './plan.ts';
import { type ReadAnswer, readAnswer } from './read-answer.ts';
import { pieces, requestBytes, TUNNEL } from './wire.ts';

const MOST_TURNS = 4;
const END_OF_HEAD = '\r\n\r\n';

export class FuzzCaller {
  readonly outcomes: Outcome[] = [];
  readonly #plan: CallerPlan;
  readonly #tunnelled: boolean;
  readonly #socket: Socket;
  readonly #random: Random;
  readonly #arrived: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the next answer begins. */
  #at = 0;
  /** '' = open; 'fin', or the error's code. */
  #end = '';
  /** The connection has said, or shown, that no further answer comes. */
  #closing = false;
  #left = false;
  #wake: (() => void) | null = null;

  /** `tunnelled`: it asks for a tunnel to the Service first, and says all the rest in it. */
  constructor(plan: CallerPlan, port: number, tunnelled = false) {
    this.#plan = plan;
    this.#tunnelled = tunnelled;
    this.#random = seededRandom(plan.seed);
    this.#socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#listen();
  }

  /** Resolves when the connection is closed. */
  async run(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    await once(this.#socket, 'connect');
    if (this.#tunnelled) await this.#openTunnel();
    const { requests, pipelined } = this.#plan;
    const sent = pipelined ? this.#sendAll() : null;
    for (const [index, request] of requests.entries()) {
      if (!pipelined && !this.#closing && !this.#left) await this.#send(index, request);
      this.outcomes.push(await this.#receive(request));
    }
    await sent;
    // Whoever only stops speaking may still be spoken to: a tunnel to a pod that stalls would stay.
    if (this.#tunnelled) resetSocket(this.#socket);
    else this.#socket.destroy();
    await closed;
  }

  /** The sidecar says yes before it knows what will be said. */
  async #openTunnel(): Promise<void> {
    this.#socket.write(TUNNEL);
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#bytes.indexOf(END_OF_HEAD) < 0 && this.#end === '' && performance.now() < deadline) {
      await this.#more();
      this.#join();
    }
    this.#at = this.#bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  }

  #listen(): void {
    const ended = (how: string): void => {
      if (this.#end === '') this.#end = how;
      this.#wake?.();
    };
    this.#socket.on('data', (bytes: Buffer) => {
      this.#arrived.push(bytes);
      if (this.#plan.slow) this.#rest();
      this.#wake?.();
    });
    this.#socket.on('end', () => ended('fin'));
    this.#socket.on('error', (error) => ended('code' in error ? String(error.code) : error.message));
    this.#socket.on('close', () => ended('closed'));
  }

  #rest(): void {
    this.#socket.pause();
    void turns(1 + Math.floor(this.#random.next() * MOST_TURNS * 4)).then(() => this.#socket.resume());
  }

  async #sendAll(): Promise<void> {
    for (const [index, request] of this.#plan.requests.entries()) if (!this.#left) await this.#send(index, request);
  }

  async #send(index: number, request: RequestPlan): Promise<void> {
    const { leave } = this.#plan;
    const leaving = leave?.at === index ? leave : null;
    const whole = requestBytes(request, this.#random);
    const readBefore = this.#socket.bytesRead;
    const cut = leaving?.phase === 'sending' ? Math.floor(this.#random.next() * (whole.length - 1)) : whole.length;
    for (const piece of pieces(whole.subarray(0, cut), this.#random)) {
      if (this.#end !== '') return;
      this.#socket.write(piece);
      if (this.#random.next() < 0.3) await turns(1 + Math.floor(this.#random.next() * MOST_TURNS));
    }
    if (leaving !== null) await this.#leave(leaving, readBefore);
  }

  async #leave({ phase, how }: Leave, readBefore: number): Promise<void> {
    if (phase === 'waiting') await turns(Math.floor(this.#random.next() * MOST_TURNS));
    if (phase === 'reading') while (this.#end === '' && this.#socket.bytesRead === readBefore) await turns(1);
    this.#left = true;
    if (how === 'fin') this.#socket.end();
    else resetSocket(this.#socket);
  }

  async #receive(plan: RequestPlan): Promise<Outcome> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      this.#join();
      const ended = this.#end !== '';
      try {
        const answer = readAnswer(this.#bytes, this.#at, plan.method);
        if (answer.complete || ended) return this.#judge(plan, answer);
      } catch (error) {
        return this.#outcome(plan, 'wrong', String(error));
      }
      if (performance.now() > deadline) return this.#outcome(plan, 'wrong', `no end within ${PATIENCE_MS} ms`);
      await this.#more();
    }
  }

  #judge(plan: RequestPlan, answer: ReadAnswer): Outcome {
    const complete = answer.complete || (answer.untilClose && this.#end === 'fin');
    const brought = this.#bytes.length - this.#at;
    this.#at = answer.complete ? answer.end : this.#bytes.length;
    const wasClosing = this.#closing;
    if (!answer.complete || answer.get('connection') === 'close') this.#closing = true;
    if (answer.status === 0) {
      if (this.#left) return this.#outcome(plan, 'left');
      if (this.#end !== 'fin') return this.#outcome(plan, 'reset', this.#end);
      if (wasClosing && brought === 0) return this.#outcome(plan, 'unserved');
      return this.#outcome(plan, 'wrong', `ended (${this.#end}) without an answer, behind ${brought} bytes`);
    }
    const failure = answer.get('x-switchboard-error');
    if (failure !== undefined) return this.#judgeFailure(plan, answer, failure, complete);
    const problem = problemOfAnswer(plan, answer, complete);
    if (problem !== '') return this.#outcome(plan, 'wrong', problem);
    if (complete) return this.#outcome(plan, 'answered');
    if (this.#left) return this.#outcome(plan, 'left');
    return this.#end === 'fin' ? this.#outcome(plan, 'cut') : this.#outcome(plan, 'reset', this.#end);
  }

  #judgeFailure(plan: RequestPlan, answer: ReadAnswer, failure: string, complete: boolean): Outcome {
    if (!complete && this.#left) return this.#outcome(plan, 'left');
    if (!complete && this.#end !== 'fin') return this.#outcome(plan, 'reset', this.#end);
    const { kind, detail } = judgeFailure(plan, answer, failure, complete);
    return this.#outcome(plan, kind, detail);
  }

  #outcome(plan: RequestPlan, kind: OutcomeKind, detail = ''): Outcome {
    return { plan, kind, detail };
  }

  #join(): void {
    if (this.#arrived.length === 0) return;
    this.#bytes = Buffer.concat([this.#bytes, ...this.#arrived.splice(0)]);
  }

  /** Resolves when something has come, or soon. */
  async #more(): Promise<void> {
    if (this.#arrived.length > 0 || this.#end !== '') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
