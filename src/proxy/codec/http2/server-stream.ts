// @hot
// A request of an HTTP/2 caller, and the way back for its answer.
import type { Socket } from 'node:net';
import type { DownstreamStream, OpenTunnel, ServerExchange } from '../downstream.ts';
import { BODY_LENGTH, RequestHead, type ResponseHead } from '../head.ts';
import { encodeResponseHead, encodeResponseText } from './encode-head.ts';
import { CANCEL, CONNECT_ERROR, INTERNAL_ERROR, NO_ERROR } from './error-code.ts';
import type { HpackEncoder } from './hpack/hpack-encoder.ts';
import type { Http2Commons } from './http2-commons.ts';
import { BY_PEER, Http2Stream, type StreamOwner } from './stream.ts';
import { StreamSocket } from './stream-socket.ts';

const ESTABLISHED = 'HTTP/1.1 200 OK\r\n\r\n';

/** The connection, as its streams see it. */
export interface ServerStreamOwner extends StreamOwner {
  readonly commons: Http2Commons;
  readonly encoder: HpackEncoder;
  readonly socket: Socket;
  readonly draining: boolean;
  drain(): void;
  onStreamFree(stream: Http2ServerStream): void;
}

/** Used again for further requests of its connection; so is its exchange. */
export class Http2ServerStream extends Http2Stream implements DownstreamStream {
  /** Of the request in work: its own, or one that many requests share. */
  head: RequestHead;
  readonly ownHead: RequestHead;
  readonly #owner: ServerStreamOwner;
  #exchange: ServerExchange | null = null;
  /** The exchange has not finished. */
  #running = false;
  #tunnel: StreamSocket | null = null;
  /** What has come for a tunnel that is not open yet. */
  readonly #early: Buffer[] = [];

  constructor(owner: ServerStreamOwner, maxFields: number) {
    super(owner);
    this.#owner = owner;
    this.ownHead = new RequestHead(maxFields, 0);
    this.head = this.ownHead;
  }

  /** Called once, before the first request. */
  bind(exchange: ServerExchange): void {
    this.#exchange = exchange;
  }

  /** Nothing more comes for it. */
  discard(): void {
    this.#exchange?.onDownstreamClosed();
  }

  /** Extended CONNECT is so with its head: what follows is of the other protocol. */
  get requestComplete(): boolean {
    return this.remoteEnded || this.head.protocol !== '';
  }

  get draining(): boolean {
    return this.#owner.draining;
  }

  get closing(): boolean {
    return false;
  }

  get socket(): Socket {
    return this.#owner.socket;
  }

  begin(id: number, head: RequestHead, sendWindow: number, endStream: boolean): void {
    this.head = head;
    this.open(id, sendWindow, this.#owner.streamWindow);
    this.remoteEnded = endStream;
    this.#running = true;
  }

  /** The head has come; nothing of it is wrong. */
  deliverHead(): void {
    const { head, id } = this;
    if (head.bodyKind === BODY_LENGTH) this.expectedBytes = head.contentLength;
    this.#exchange?.onRequestHead(head);
    if (this.#running && this.id === id && this.requestComplete) this.#exchange?.onRequestEnd('');
    if (this.id === id) this.#owner.closeIfDone(this);
  }

  /** The head is larger than the limit. */
  refuseHead(detail: string): void {
    const { id } = this;
    this.#exchange?.onRequestError('request_head_too_large', detail);
    if (this.id === id) this.#owner.closeIfDone(this);
  }

  beforeAnswer(draining: boolean): void {
    if (draining) this.#owner.drain();
  }

  sendInterim(head: ResponseHead): void {
    this.#writeHead(head, null);
  }

  sendHead(head: ResponseHead, changed: string | null): void {
    this.#writeHead(head, changed);
    this.noteFrame();
  }

  sendReply(head: string, body: string): void {
    const { encoder, commons, writer } = this.#owner;
    encodeResponseText(encoder, head, commons.block);
    writer.headers(this.id, commons.block, false);
    this.noteFrame();
    if (body !== '') this.sendData(Buffer.from(body, 'latin1'), 0, body.length);
  }

  flush(): boolean {
    return !this.waiting && !this.#owner.writer.blocked;
  }

  /** What has been encoded has changed the table: it must be sent. */
  takeBackAnswer(): boolean {
    return false;
  }

  endResponse(trailers: string): void {
    this.#running = false;
    this.sendEnd(trailers);
  }

  /** Source of the code: RFC 9113 section 8.5. */
  openTunnel(): OpenTunnel {
    return this.#open(ESTABLISHED, CONNECT_ERROR);
  }

  /** Source of the code: RFC 8441 section 5. */
  openUpgrade(_protocol: string, fields: string): OpenTunnel {
    return this.#open(`HTTP/1.1 200 OK\r\n${fields}\r\n`, CANCEL);
  }

  destroy(): void {
    this.#running = false;
    this.reset(INTERNAL_ERROR);
  }

  override onData(bytes: Buffer, start: number, end: number): void {
    if (this.#tunnel !== null) this.#tunnel.onData(bytes, start, end);
    else if (this.head.isConnect || this.head.protocol !== '') this.#keep(bytes.subarray(start, end));
    else if (this.#running) this.#exchange?.onRequestData(bytes, start, end);
  }

  override onEnd(trailers: string): void {
    if (this.#tunnel !== null) this.#tunnel.onEnd();
    else if (this.#running && this.head.protocol === '') this.#exchange?.onRequestEnd(trailers);
  }

  override onWritable(): void {
    if (this.#tunnel !== null) this.#tunnel.onWritable();
    else if (this.#running) this.#exchange?.onDownstreamWritable();
  }

  /** What comes for a tunnel before it is open: no more than the stream's window. */
  #keep(bytes: Buffer): void {
    this.#early.push(bytes);
    this.pauseReading();
  }

  override onBatchEnd(): void {
    if (this.#running && this.#tunnel === null) this.#exchange?.onRequestBatchEnd();
  }

  override onReset(cause: number, code: number, problem: string): void {
    if (!this.#running) return;
    this.#running = false;
    if (this.#tunnel !== null) this.#tunnel.onReset(cause === BY_PEER ? code : CANCEL, problem);
    else this.#exchange?.onDownstreamGone(problem);
  }

  /** Nobody waits for the rest of a request that has its answer; a tunnel has two halves. */
  protected override onSent(): void {
    if (!this.remoteEnded && this.#tunnel === null) this.reset(NO_ERROR);
  }

  protected override onClosed(): void {
    if (this.#early.length > 0) this.#early.length = 0;
    // A tunnel may outlive the stream that it began on, and its exchange with it.
    if (this.#tunnel === null) this.#owner.onStreamFree(this);
  }

  #open(answer: string, resetCode: number): OpenTunnel {
    const { encoder, commons, writer } = this.#owner;
    encodeResponseText(encoder, answer, commons.block);
    writer.headers(this.id, commons.block, false);
    const socket = new StreamSocket(this, resetCode); // alloc-ok: once a tunnel
    const first = this.#early.length === 0 ? null : Buffer.concat(this.#early); // alloc-ok: once a tunnel
    this.#early.length = 0;
    this.#tunnel = socket;
    return { socket, first }; // alloc-ok: once a tunnel
  }

  #writeHead(head: ResponseHead, changed: string | null): void {
    const { encoder, commons, writer } = this.#owner;
    encodeResponseHead(encoder, head, changed, commons.block);
    writer.headers(this.id, commons.block, false);
  }
}
