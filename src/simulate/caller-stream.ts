// @hot
// One request of a simulated caller at a time, and what comes back of it.
import type { DownstreamStream, OpenTunnel, ServerExchange } from '../proxy/codec/downstream.ts';
import type { ResponseHead } from '../proxy/codec/head.ts';
import type { Session } from './session.ts';
import { SimulatedHead } from './simulated-head.ts';

export interface CallerStreamOwner {
  /** `reason`: why it is none that a caller wants; '' = it is. The stream may be used again. */
  onAnswer(stream: CallerStream, reason: string): void;
}

const NO_ANSWER = 'cut off';
const OWN_ERROR = 'x-switchboard-error: ';
const FIRST_ERROR = 500;

export class CallerStream implements DownstreamStream {
  readonly requestComplete = true;
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

  constructor(owner: CallerStreamOwner) {
    this.#owner = owner;
  }

  /** Called once, before the first request. */
  bind(exchange: ServerExchange): void {
    this.#exchange = exchange;
  }

  /** `head`, `method` and `session` are what they shall be. */
  send(nowMs: number): void {
    this.startedAtMs = nowMs;
    this.#status = 0;
    this.#reason = NO_ANSWER;
    const exchange = this.#exchange as ServerExchange;
    exchange.onRequestHead(this.head);
    exchange.onRequestEnd('');
    exchange.onRequestBatchEnd();
  }

  beforeAnswer(): void {}

  pauseReading(): void {}

  resumeReading(): void {}

  sendInterim(): void {}

  sendHead(head: ResponseHead, changed: string | null): void {
    this.#status = head.status;
    this.#reason = head.status < FIRST_ERROR ? '' : reasonOf(head.status);
    if (changed !== null && this.session !== null) this.session.takeFields(changed);
  }

  /** An answer of the sidecar itself. */
  sendReply(head: string, _body: string): void {
    const at = head.indexOf(OWN_ERROR);
    const end = head.indexOf('\r\n', at);
    this.#status = Number(head.slice(9, 12));
    this.#reason = at < 0 ? '' : head.slice(at + OWN_ERROR.length, end);
  }

  sendData(): boolean {
    return true;
  }

  flush(): boolean {
    return true;
  }

  takeBackAnswer(): boolean {
    this.#reason = NO_ANSWER;
    return true;
  }

  endResponse(_trailers: string): void {
    this.#owner.onAnswer(this, this.#reason);
  }

  openTunnel(): OpenTunnel {
    throw new Error('simulated callers open no tunnel'); // alloc-ok: says that the simulator itself is wrong
  }

  openUpgrade(): OpenTunnel {
    return this.openTunnel();
  }

  destroy(): void {
    this.#owner.onAnswer(this, NO_ANSWER);
  }

  get status(): number {
    return this.#status;
  }
}

function reasonOf(status: number): string {
  return `status ${status}`;
}
