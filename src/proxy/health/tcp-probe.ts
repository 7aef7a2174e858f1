// Asks an endpoint by a connection: that it comes to be is enough, or that what comes over it is what is waited for.
import type { Socket } from 'node:net';
import { codeOf } from '../../base/coded-error.ts';
import type { TcpCheckSpec } from '../../model/health-check-spec.ts';
import { connectEventOf } from '../codec/connect-event.ts';
import { holdsAll } from './payload-match.ts';
import { type CheckAnswer, type CheckTarget, PASSED, type Probe, type ProbeContext } from './probe.ts';

/** Who says more than that says something else. */
const MAX_RECEIVED_BYTES = 65_536;

type Done = (answer: CheckAnswer) => void;

export class TcpProbe implements Probe {
  readonly #check: TcpCheckSpec;
  readonly #context: ProbeContext;
  readonly #receive: readonly string[];
  /** Where something is to be received it is kept for the next check. */
  #socket: Socket | null = null;
  #received: Buffer = Buffer.alloc(0);
  #done: Done | null = null;

  constructor(check: TcpCheckSpec, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
    this.#receive = check.receive ?? [];
  }

  check(target: CheckTarget, done: Done): void {
    this.#done = done;
    this.#received = Buffer.alloc(0);
    if (this.#socket !== null) this.#send(this.#socket);
    else this.#connect(target);
  }

  abandon(): void {
    this.#done = null;
    this.#drop();
  }

  close(): void {
    this.abandon();
  }

  #connect({ host, port }: CheckTarget): void {
    const socket = this.#context.dial(host, port);
    this.#socket = socket;
    let failure = 'the connection was closed';
    socket.on('error', (error) => {
      failure = codeOf(error) || error.message;
    });
    socket.on(connectEventOf(socket), () => this.#send(socket));
    socket.on('data', (bytes: Buffer) => this.#onData(socket, bytes));
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#finish({ outcome: 'unreachable', detail: failure, degraded: false });
    });
  }

  #send(socket: Socket): void {
    const { send } = this.#check;
    if (send !== undefined) socket.write(send, 'hex');
    if (this.#receive.length === 0) this.#pass();
  }

  #onData(socket: Socket, bytes: Buffer): void {
    if (this.#done === null || this.#socket !== socket) return;
    this.#received = Buffer.concat([this.#received, bytes]);
    if (holdsAll(this.#received, this.#receive)) this.#pass();
    else if (this.#received.length > MAX_RECEIVED_BYTES) {
      this.#drop();
      this.#finish({ outcome: 'unreachable', detail: 'what came is not what is waited for', degraded: false });
    }
  }

  /** A connection that tells by coming to be has to come to be again. */
  #pass(): void {
    if (this.#receive.length === 0 || !this.#context.keepsConnection) this.#drop();
    this.#finish(PASSED);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  #finish(answer: CheckAnswer): void {
    const done = this.#done;
    this.#done = null;
    done?.(answer);
  }
}
