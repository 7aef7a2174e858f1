// A request to a cluster with limits: counted while it waits for a connection and while it has one, or refused.

import type { ErrorCode } from '../../model/errors.ts';
import type { OpenTunnel } from '../codec/downstream.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';
import type { ResourceLimits } from './circuit-breakers.ts';
import { PendingRequest } from './pending-request.ts';

/** Without a connection; with one that is coming to be; with one that is there; over. */
const WAITING = 0;
const CONNECTING = 1;
const ACTIVE = 2;
const OVER = 3;
type State = typeof WAITING | typeof CONNECTING | typeof ACTIVE | typeof OVER;

/** The pool, as its requests see it. */
export interface LimitedRequestOwner {
  /** Nobody waits for it any more; it has had no connection. */
  onAbandoned(request: LimitedRequest): void;
  /** It has given its connection back, or closed it; or that has come to be, and says what further ones are. */
  onRoom(): void;
}

export class LimitedRequest implements ClientExchange, UpstreamStream {
  readonly method: string;
  readonly repeatable: boolean;
  readonly #owner: LimitedRequestOwner;
  readonly #limits: ResourceLimits;
  readonly #exchange: ClientExchange;
  #state: State = OVER;
  #stream: UpstreamStream | null = null;
  #refusal = '';

  constructor(
    owner: LimitedRequestOwner,
    limits: ResourceLimits,
    exchange: ClientExchange,
    method: string,
    repeatable: boolean,
  ) {
    this.#owner = owner;
    this.#limits = limits;
    this.#exchange = exchange;
    this.method = method;
    this.repeatable = repeatable;
  }

  /** `begin` answers its way; `ready`: the connection is there. What was sent while it waited goes there now. */
  start(begin: (exchange: ClientExchange) => UpstreamStream, ready: boolean): void {
    const waiting = this.#state === WAITING ? (this.#stream as PendingRequest) : null;
    if (waiting === null) this.#limits.pending += 1;
    this.#limits.requests += 1;
    this.#state = CONNECTING;
    if (ready) this.#activate();
    const stream = begin(this);
    this.#stream = stream;
    if (waiting === null) return;
    waiting.resolve(stream);
    if (ready && stream.flush()) this.#exchange.onUpstreamWritable();
  }

  /** A connection has to become free first. */
  wait(nowMs: number): void {
    this.#state = WAITING;
    this.#limits.pending += 1;
    this.#stream = new PendingRequest(NOBODY, this, this.method, nowMs, this.repeatable);
  }

  /** Its exchange hears of it when it has done what it is about. */
  refuse(why: string): void {
    if (this.#state === WAITING) this.#limits.pending -= 1;
    this.#state = OVER;
    this.#stream = null;
    this.#refusal = why;
    queueMicrotask(() => {
      if (this.#refusal !== '') this.#exchange.onUpstreamFailure('upstream_overflow', this.#refusal, true);
    });
  }

  get connected(): boolean {
    return this.#stream?.connected ?? false;
  }

  get waits(): boolean {
    return this.#state === WAITING;
  }

  sendHead(head: RequestHead, extra: string, changed: string): void {
    this.#stream?.sendHead(head, extra, changed);
  }

  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void {
    this.#stream?.sendUpgrade(head, extra, changed, protocol);
  }

  openTunnel(): OpenTunnel {
    return (this.#stream as UpstreamStream).openTunnel();
  }

  sendData(bytes: Buffer, start: number, end: number): boolean {
    return this.#stream?.sendData(bytes, start, end) ?? false;
  }

  endRequest(trailers: string): void {
    this.#stream?.endRequest(trailers);
  }

  flush(): boolean {
    return this.#stream?.flush() ?? false;
  }

  pauseReading(): void {
    this.#stream?.pauseReading();
  }

  resumeReading(): void {
    this.#stream?.resumeReading();
  }

  destroy(): void {
    this.#refusal = '';
    if (this.#state === OVER) return;
    if (this.#state === WAITING) {
      this.#limits.pending -= 1;
      this.#state = OVER;
      this.#owner.onAbandoned(this);
      return;
    }
    this.#stream?.destroy();
    this.#end();
  }

  onInformational(head: ResponseHead): void {
    this.#activate();
    this.#exchange.onInformational(head);
  }

  onUpgraded(head: ResponseHead): void {
    this.#activate();
    this.#exchange.onUpgraded(head);
  }

  onResponseHead(head: ResponseHead): void {
    this.#activate();
    this.#exchange.onResponseHead(head);
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    this.#exchange.onResponseData(bytes, start, end);
  }

  /** Who waits for the connection gets it before a next request of the same caller. */
  onResponseEnd(trailers: string): void {
    this.#end();
    this.#exchange.onResponseEnd(trailers);
  }

  onResponseBatchEnd(): void {
    this.#exchange.onResponseBatchEnd();
  }

  onUpstreamWritable(): void {
    if (this.#state === CONNECTING && this.connected) {
      this.#activate();
      this.#owner.onRoom();
    }
    this.#exchange.onUpstreamWritable();
  }

  onUpstreamFailure(code: ErrorCode, detail: string, unsent: boolean): void {
    this.#end();
    this.#exchange.onUpstreamFailure(code, detail, unsent);
  }

  #activate(): void {
    if (this.#state !== CONNECTING) return;
    this.#state = ACTIVE;
    this.#limits.pending -= 1;
  }

  #end(): void {
    if (this.#state === OVER) return;
    this.#activate();
    this.#state = OVER;
    this.#limits.requests -= 1;
    this.#owner.onRoom();
  }
}

/** Who abandons it tells its LimitedRequest. */
const NOBODY = { onAbandoned(): void {} };
