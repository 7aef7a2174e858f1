// A request whose connection is not known yet: keeps what is sent, and passes it on when it is.
import type { OpenTunnel } from '../codec/downstream.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ClientExchange, UpstreamStream } from '../codec/upstream.ts';

export interface PendingOwner {
  /** Nobody waits for it any more. */
  onAbandoned(request: PendingRequest): void;
}

/** For one request: whoever sends it is kept waiting after its first piece, so that no more is kept than that. */
export class PendingRequest implements UpstreamStream {
  readonly exchange: ClientExchange;
  readonly method: string;
  readonly nowMs: number;
  readonly repeatable: boolean;
  readonly #owner: PendingOwner;
  readonly #steps: ((stream: UpstreamStream) => void)[] = [];
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
    for (const step of this.#steps.splice(0)) step(stream);
    if (this.#paused) stream.pauseReading();
    stream.flush();
  }

  get connected(): boolean {
    return this.#stream?.connected ?? false;
  }

  sendHead(head: RequestHead, extra: string, changed: string): void {
    this.#do((stream) => stream.sendHead(head, extra, changed));
  }

  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void {
    this.#do((stream) => stream.sendUpgrade(head, extra, changed, protocol));
  }

  openTunnel(): OpenTunnel {
    return (this.#stream as UpstreamStream).openTunnel();
  }

  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#stream !== null) return this.#stream.sendData(bytes, start, end);
    this.#steps.push((stream) => void stream.sendData(bytes, start, end));
    return false;
  }

  endRequest(trailers: string): void {
    this.#do((stream) => stream.endRequest(trailers));
  }

  flush(): boolean {
    return this.#stream === null ? this.#steps.length <= 1 : this.#stream.flush();
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

  #do(step: (stream: UpstreamStream) => void): void {
    if (this.#stream === null) this.#steps.push(step);
    else step(this.#stream);
  }
}
