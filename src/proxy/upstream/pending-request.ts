// A request whose connection is not known yet: keeps what is sent, and passes it on when it is.
import { BytePieces } from '../../base/byte-pieces.ts';
import type { OpenTunnel } from '../codec/downstream.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';

export interface PendingOwner {
  /** Nobody waits for it any more. */
  onAbandoned(request: PendingRequest): void;
}

/** For one request: whoever sends it is kept waiting after its first piece, so that no more is kept than what is on its way by then. */
export class PendingRequest implements UpstreamStream {
  readonly exchange: ClientExchange;
  readonly method: string;
  readonly nowMs: number;
  readonly repeatable: boolean;
  readonly #owner: PendingOwner;
  #sendHead: ((stream: UpstreamStream) => void) | null = null;
  readonly #body = new BytePieces();
  /** Of the request's end; null = it has not come. */
  #trailers: string | null = null;
  #stream: UpstreamStream | null = null;
  #paused = false;

  constructor(owner: PendingOwner, exchange: ClientExchange, method: string, nowMs: number, repeatable: boolean) {
    this.#owner = owner;
    this.exchange = exchange;
    this.method = method;
    this.nowMs = nowMs;
    this.repeatable = repeatable;
  }

  /** Its way is known: everything goes there from now on. */
  resolve(stream: UpstreamStream): void {
    this.#stream = stream;
    this.#sendHead?.(stream);
    for (const piece of this.#body.list) stream.sendData(piece, 0, piece.length);
    this.#body.clear();
    if (this.#trailers !== null) stream.endRequest(this.#trailers);
    if (this.#paused) stream.pauseReading();
    stream.flush();
  }

  get connected(): boolean {
    return this.#stream?.connected ?? false;
  }

  sendHead(head: RequestHead, extra: string, changed: string): void {
    if (this.#stream !== null) this.#stream.sendHead(head, extra, changed);
    else this.#sendHead = (stream) => stream.sendHead(head, extra, changed);
  }

  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void {
    if (this.#stream !== null) this.#stream.sendUpgrade(head, extra, changed, protocol);
    else this.#sendHead = (stream) => stream.sendUpgrade(head, extra, changed, protocol);
  }

  openTunnel(): OpenTunnel {
    return (this.#stream as UpstreamStream).openTunnel();
  }

  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#stream !== null) return this.#stream.sendData(bytes, start, end);
    this.#body.push(bytes, start, end);
    return false;
  }

  endRequest(trailers: string): void {
    if (this.#stream !== null) this.#stream.endRequest(trailers);
    else this.#trailers = trailers;
  }

  flush(): boolean {
    if (this.#stream !== null) return this.#stream.flush();
    return this.#body.list.length === 0 && this.#trailers === null;
  }

  pauseReading(): void {
    this.#paused = true;
    this.#stream?.pauseReading();
  }

  resumeReading(): void {
    this.#paused = false;
    this.#stream?.resumeReading();
  }

  destroy(): void {
    if (this.#stream === null) this.#owner.onAbandoned(this);
    else this.#stream.destroy();
  }
}
