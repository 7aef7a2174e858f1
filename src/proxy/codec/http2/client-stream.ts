// @hot
// A request to an HTTP/2 endpoint, and the answer that comes back.
import type { ErrorCode } from '../../../model/errors.ts';
import type { OpenTunnel } from '../downstream.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, type RequestHead, ResponseHead } from '../head.ts';
import type { ClientExchange, UpstreamStream } from '../upstream.ts';
import { encodeRequestHead, encodeRequestText, encodeUpgrade } from './encode-head.ts';
import { CANCEL, REFUSED_STREAM } from './error-code.ts';
import type { HpackEncoder } from './hpack/hpack-encoder.ts';
import type { Http2Commons } from './http2-commons.ts';
import { BY_CONNECTION, BY_ERROR, BY_PEER, Http2Stream, type StreamOwner, UNPROCESSED } from './stream.ts';
import { StreamSocket } from './stream-socket.ts';

/** The connection, as its streams see it. */
export interface ClientStreamOwner extends StreamOwner {
  readonly commons: Http2Commons;
  readonly encoder: HpackEncoder;
  readonly connected: boolean;
  /** The endpoint takes extended CONNECT; null = it has not said yet. */
  readonly takesUpgrades: boolean | null;
  /** `onSettings` is to be called when it has said so. */
  awaitSettings(stream: Http2ClientStream): void;
  /** The stream has no number and will get none. */
  forgetUnstarted(stream: Http2ClientStream): void;
  /** Gives the stream its number: they must begin in order. */
  startStream(stream: Http2ClientStream): number;
  /** Somebody who has not begun gives it back. */
  onStreamFree(stream: Http2ClientStream): void;
}

/** An upgrade that waits for the endpoint's SETTINGS. */
interface PendingUpgrade {
  readonly head: RequestHead;
  readonly extra: string;
  readonly changed: string;
  readonly protocol: string;
}

/** Used again for further requests of its connection. */
export class Http2ClientStream extends Http2Stream implements UpstreamStream {
  /** Of the answer in work: its own, or one that many answers share. */
  head: ResponseHead;
  readonly ownHead: ResponseHead;
  method = '';
  /** The answer's head has come; interim ones do not count. */
  answered = false;
  /** Interim answers so far. */
  interims = 0;
  readonly #owner: ClientStreamOwner;
  #exchange: ClientExchange | null = null;
  #pending: PendingUpgrade | null = null;
  /** The request is an upgrade: what is sent behind its head is of the other protocol. */
  #upgrading = false;
  #tunnel: StreamSocket | null = null;

  constructor(owner: ClientStreamOwner, maxFields: number) {
    super(owner);
    this.#owner = owner;
    this.ownHead = new ResponseHead(maxFields, 0);
    this.head = this.ownHead;
  }

  get connected(): boolean {
    return this.#owner.connected;
  }

  begin(exchange: ClientExchange, method: string): void {
    this.#exchange = exchange;
    this.method = method;
    this.answered = false;
    this.interims = 0;
    this.#upgrading = false;
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

  /** Source: RFC 8441 sections 3 and 4. */
  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void {
    this.#upgrading = true;
    this.method = 'CONNECT';
    this.#pending = { head, extra, changed, protocol: firstOf(protocol) }; // alloc-ok: once an upgrade
    if (this.#owner.takesUpgrades === null) this.#owner.awaitSettings(this);
    else this.onSettings();
  }

  /** Now it is known whether the endpoint takes extended CONNECT. */
  onSettings(): void {
    const pending = this.#pending as PendingUpgrade;
    const { head, extra, changed, protocol } = pending;
    this.#pending = null;
    const problem = problemOf(head, this.#owner.takesUpgrades === true);
    if (problem !== '') {
      this.#abort('upgrade_refused', problem, false);
      return;
    }
    const { encoder, commons, writer } = this.#owner;
    const id = this.#owner.startStream(this);
    encodeUpgrade(encoder, head, extra, changed, protocol, commons.block);
    writer.headers(id, commons.block, false);
  }

  /** The connection has ended before it was known. */
  onNoSettings(problem: string): void {
    const failed = this.connected ? 'upstream_connection_termination' : 'upstream_connection_failure';
    this.#abort(failed, problem, true);
  }

  openTunnel(): OpenTunnel {
    this.#exchange = null;
    this.#tunnel = new StreamSocket(this, CANCEL); // alloc-ok: once a tunnel
    return { socket: this.#tunnel, first: null }; // alloc-ok: once a tunnel
  }

  endRequest(trailers: string): void {
    if (!this.#upgrading) this.sendEnd(trailers);
  }

  flush(): boolean {
    return !this.waiting && !this.#owner.writer.blocked;
  }

  destroy(): void {
    this.#exchange = null;
    if (this.#pending !== null) this.#giveBack();
    this.reset(CANCEL);
  }

  /** The head of the answer has come; nothing of it is wrong. */
  deliverHead(): void {
    const { head } = this;
    this.answered = true;
    if (this.#upgrading && head.status < 300) {
      this.#exchange?.onUpgraded(head);
      return;
    }
    this.expectedBytes = head.bodyKind === BODY_CHUNKED ? -1 : head.contentLength;
    this.#exchange?.onResponseHead(head);
  }

  deliverInterim(): void {
    this.interims += 1;
    this.#exchange?.onInformational(this.head);
  }

  override onData(bytes: Buffer, start: number, end: number): void {
    if (this.#tunnel !== null) this.#tunnel.onData(bytes, start, end);
    else this.#exchange?.onResponseData(bytes, start, end);
  }

  override onEnd(trailers: string): void {
    if (this.#tunnel !== null) {
      this.#tunnel.onEnd();
      return;
    }
    const exchange = this.#exchange;
    const { id } = this;
    this.#exchange = null;
    exchange?.onResponseEnd(trailers);
    // The answer came before the request was complete: nobody needs the rest.
    if (this.id === id && !this.localEnded) this.reset(CANCEL);
  }

  override onWritable(): void {
    if (this.#tunnel !== null) this.#tunnel.onWritable();
    else this.#exchange?.onUpstreamWritable();
  }

  override onBatchEnd(): void {
    this.#exchange?.onResponseBatchEnd();
  }

  override onReset(cause: number, code: number, problem: string): void {
    this.#tunnel?.onReset(cause === BY_PEER ? code : CANCEL, problem);
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange === null) return;
    const refused = cause === UNPROCESSED || (cause === BY_PEER && code === REFUSED_STREAM);
    if (cause === BY_ERROR) exchange.onUpstreamFailure('upstream_protocol_error', problem, false);
    else if (cause === BY_CONNECTION && !this.connected)
      exchange.onUpstreamFailure('upstream_connection_failure', problem, true);
    else exchange.onUpstreamFailure('upstream_connection_termination', problem, refused);
  }

  /** A tunnel may outlive the stream that it began on. */
  protected override onClosed(): void {
    if (this.#tunnel === null) this.#owner.onStreamFree(this);
  }

  /** Ends a request of which the endpoint has seen nothing. */
  #abort(code: ErrorCode, problem: string, unsent: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#giveBack();
    exchange?.onUpstreamFailure(code, problem, unsent);
  }

  #giveBack(): void {
    this.#pending = null;
    this.#owner.forgetUnstarted(this);
    this.#owner.onStreamFree(this);
  }
}

/** Of a list one can be asked for. */
function firstOf(protocols: string): string {
  const comma = protocols.indexOf(',');
  return comma < 0 ? protocols : protocols.slice(0, comma);
}

/** Why a request cannot become extended CONNECT, '' = it can. */
function problemOf(head: RequestHead, taken: boolean): string {
  if (!taken) return 'it speaks HTTP/2 and does not take extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)';
  const hasBody = head.bodyKind !== BODY_NONE && !(head.bodyKind === BODY_LENGTH && head.contentLength === 0);
  if (head.method !== 'GET' || hasBody) return 'it speaks HTTP/2, where only a GET without a body can upgrade';
  return '';
}
