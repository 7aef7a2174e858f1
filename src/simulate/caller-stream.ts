// @hot
// One request of a simulated caller at a time, and what comes back of it.
import type { DownstreamStream, OpenTunnel, ServerExchange } from '../proxy/codec/downstream.ts';
import type { ResponseHead } from '../proxy/codec/head.ts';
import { grpcStatusIn, grpcStatusOf, isGrpcCall, NO_GRPC_STATUS } from '../proxy/exchange/grpc-status.ts';
import type { Due } from './event-heap.ts';
import { describeCode } from './outcomes.ts';
import type { Session } from './session.ts';
import { SimulatedHead } from './simulated-head.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface CallerStreamOwner {
  readonly clock: VirtualClock;
  /** `reason`: why it is none that a caller wants; '' = it is. The stream may be used again. */
  onAnswer(stream: CallerStream, reason: string): void;
}

const NO_ANSWER = 'cut off';
const OWN_ERROR = 'x-switchboard-error: ';
const OWN_CODE = '\r\ngrpc-status: ';
const FIRST_ERROR = 500;
const GOOD_STATUS = 200;
/** What is read of a connection at a time. */
const PIECE_BYTES = 16_384;
const PIECE = Buffer.alloc(PIECE_BYTES);

export class CallerStream implements DownstreamStream, Due {
  atMs = 0;
  order = 0;
  requestComplete = true;
  readonly draining = false;
  readonly closing = false;
  readonly head = new SimulatedHead();
  /** Of the request in work. */
  startedAtMs = 0;
  method = 0;
  session: Session | null = null;
  readonly #owner: CallerStreamOwner;
  #exchange: ServerExchange | null = null;
  #status = 0;
  #reason = '';
  #inWork = false;
  /** Of the body, to be sent. */
  #bytesLeft = 0;
  #paused = false;
  /** In the heap, to go on sending. */
  #waits = false;
  /** What the call has come to stands behind the answer. */
  #awaitsCode = false;

  constructor(owner: CallerStreamOwner) {
    this.#owner = owner;
  }

  /** Called once, before the first request. */
  bind(exchange: ServerExchange): void {
    this.#exchange = exchange;
  }

  /** `head`, `method` and `session` are what they shall be. */
  send(nowMs: number, bodyBytes: number): void {
    this.startedAtMs = nowMs;
    this.#status = 0;
    this.#reason = NO_ANSWER;
    this.#awaitsCode = false;
    this.#paused = false;
    this.#inWork = true;
    this.#bytesLeft = bodyBytes;
    this.requestComplete = bodyBytes === 0;
    const exchange = this.#exchange as ServerExchange;
    exchange.onRequestHead(this.head);
    if (bodyBytes > 0) {
      this.#sendBody(exchange);
      return;
    }
    exchange.onRequestEnd('');
    exchange.onRequestBatchEnd();
  }

  /** As far as the sidecar takes it; the rest of a request that has been answered is nobody's business. */
  #sendBody(exchange: ServerExchange): void {
    while (this.#inWork && !this.#paused && this.#bytesLeft > 0) {
      const bytes = Math.min(PIECE_BYTES, this.#bytesLeft);
      this.#bytesLeft -= bytes;
      this.requestComplete = this.#bytesLeft === 0;
      exchange.onRequestData(PIECE, 0, bytes);
      if (this.requestComplete) exchange.onRequestEnd('');
      exchange.onRequestBatchEnd();
    }
  }

  onDue(): void {
    this.#waits = false;
    this.#sendBody(this.#exchange as ServerExchange);
  }

  beforeAnswer(): void {}

  pauseReading(): void {
    this.#paused = true;
  }

  resumeReading(): void {
    this.#paused = false;
    if (this.#waits || this.#bytesLeft === 0) return;
    this.#waits = true;
    const { clock } = this.#owner;
    clock.add(this, clock.now());
  }

  sendInterim(): void {}

  sendHead(head: ResponseHead, changed: string | null): void {
    this.#status = head.status;
    this.#reason = this.#reasonOf(head);
    if (changed !== null && this.session !== null) this.session.takeFields(changed);
  }

  /** An answer of the sidecar itself. */
  sendReply(head: string, _body: string): void {
    const at = head.indexOf(OWN_ERROR);
    const end = head.indexOf('\r\n', at);
    this.#status = Number(head.slice(9, 12));
    this.#reason = at < 0 ? this.#reasonOfReply(head) : head.slice(at + OWN_ERROR.length, end);
  }

  #reasonOf(head: ResponseHead): string {
    if (!isGrpcCall(this.head)) return head.status < FIRST_ERROR ? '' : `status ${head.status}`;
    if (head.status !== GOOD_STATUS) return `status ${head.status}`;
    const code = grpcStatusOf(head);
    this.#awaitsCode = code === NO_GRPC_STATUS;
    return code <= 0 ? '' : describeCode(code);
  }

  /** Of an answer that its route wants. */
  #reasonOfReply(head: string): string {
    const at = isGrpcCall(this.head) ? head.indexOf(OWN_CODE) : -1;
    const code = at < 0 ? 0 : Number.parseInt(head.slice(at + OWN_CODE.length), 10);
    return code === 0 ? '' : describeCode(code);
  }

  sendData(): boolean {
    return true;
  }

  flush(): boolean {
    return true;
  }

  takeBackAnswer(): boolean {
    this.#reason = NO_ANSWER;
    this.#awaitsCode = false;
    return true;
  }

  endResponse(trailers: string): void {
    this.#inWork = false;
    if (this.#awaitsCode) {
      const code = grpcStatusIn(trailers);
      if (code !== 0) this.#reason = code === NO_GRPC_STATUS ? 'no grpc-status' : describeCode(code);
    }
    this.#owner.onAnswer(this, this.#reason);
  }

  openTunnel(): OpenTunnel {
    throw new Error('simulated callers open no tunnel'); // alloc-ok: says that the simulator itself is wrong
  }

  openUpgrade(): OpenTunnel {
    return this.openTunnel();
  }

  destroy(): void {
    this.#inWork = false;
    this.#owner.onAnswer(this, NO_ANSWER);
  }

  get status(): number {
    return this.#status;
  }
}
