// @hot
// A request to an HTTP/2 endpoint, and the answer that comes back.
import { BODY_CHUNKED, type RequestHead, ResponseHead } from '../head.ts';
import type { ClientExchange } from '../http1/client-connection.ts';
import type { UpstreamStream } from '../upstream.ts';
import { encodeRequestHead, encodeRequestText } from './encode-head.ts';
import { CANCEL, REFUSED_STREAM } from './error-code.ts';
import type { HpackEncoder } from './hpack/hpack-encoder.ts';
import type { Http2Commons } from './http2-commons.ts';
import { BY_CONNECTION, BY_ERROR, BY_PEER, Http2Stream, type StreamOwner, UNPROCESSED } from './stream.ts';

/** The connection, as its streams see it. */
export interface ClientStreamOwner extends StreamOwner {
  readonly commons: Http2Commons;
  readonly encoder: HpackEncoder;
  readonly connected: boolean;
  /** Gives the stream its number: they must begin in order. */
  startStream(stream: Http2ClientStream): number;
  /** Somebody who has not begun gives it back. */
  onStreamFree(stream: Http2ClientStream): void;
}

/** Used again for further requests of its connection. */
export class Http2ClientStream extends Http2Stream implements UpstreamStream {
  readonly head: ResponseHead;
  method = '';
  /** The answer's head has come; interim ones do not count. */
  answered = false;
  /** Interim answers so far. */
  interims = 0;
  readonly #owner: ClientStreamOwner;
  #exchange: ClientExchange | null = null;

  constructor(owner: ClientStreamOwner, maxFields: number) {
    super(owner);
    this.#owner = owner;
    this.head = new ResponseHead(maxFields);
  }

  get connected(): boolean {
    return this.#owner.connected;
  }

  begin(exchange: ClientExchange, method: string): void {
    this.#exchange = exchange;
    this.method = method;
    this.answered = false;
    this.interims = 0;
  }

  /** Called by its connection, which gives the number. */
  start(id: number, sendWindow: number): void {
    this.open(id, sendWindow, this.#owner.streamWindow);
  }

  sendHead(head: RequestHead, extra: string, changed: string): void {
    const { encoder, commons, writer } = this.#owner;
    const id = this.#owner.startStream(this);
    if (changed === '') encodeRequestHead(encoder, head, extra, commons.block);
    else encodeRequestText(encoder, changed, commons.block);
    writer.headers(id, commons.block, false);
    this.noteFrame();
  }

  endRequest(trailers: string): void {
    this.sendEnd(trailers);
  }

  flush(): boolean {
    return !this.waiting && !this.#owner.writer.blocked;
  }

  destroy(): void {
    this.#exchange = null;
    this.reset(CANCEL);
  }

  /** The head of the answer has come; nothing of it is wrong. */
  deliverHead(): void {
    const { head } = this;
    this.answered = true;
    this.expectedBytes = head.bodyKind === BODY_CHUNKED ? -1 : head.contentLength;
    this.#exchange?.onResponseHead(head);
  }

  deliverInterim(): void {
    this.interims += 1;
    this.#exchange?.onInformational(this.head);
  }

  override onData(bytes: Buffer, start: number, end: number): void {
    this.#exchange?.onResponseData(bytes, start, end);
  }

  override onEnd(trailers: string): void {
    const exchange = this.#exchange;
    const { id } = this;
    this.#exchange = null;
    exchange?.onResponseEnd(trailers);
    // The answer came before the request was complete: nobody needs the rest.
    if (this.id === id && !this.localEnded) this.reset(CANCEL);
  }

  override onWritable(): void {
    this.#exchange?.onUpstreamWritable();
  }

  override onBatchEnd(): void {
    this.#exchange?.onResponseBatchEnd();
  }

  override onReset(cause: number, code: number, problem: string): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange === null) return;
    const refused = cause === UNPROCESSED || (cause === BY_PEER && code === REFUSED_STREAM);
    if (cause === BY_ERROR) exchange.onUpstreamFailure('upstream_protocol_error', problem, false);
    else if (cause === BY_CONNECTION && !this.connected)
      exchange.onUpstreamFailure('upstream_connection_failure', problem, true);
    else exchange.onUpstreamFailure('upstream_connection_termination', problem, refused);
  }

  protected override onClosed(): void {
    this.#owner.onStreamFree(this);
  }
}
