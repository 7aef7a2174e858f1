// @hot
// The upstream side of one HTTP/2 connection: carries many requests at once, as many as the endpoint takes.

import type { Socket } from 'node:net';
import type { TimerWheel } from '../../../base/timer-wheel.ts';
import { connectEventOf } from '../connect-event.ts';
import type { ResponseHead } from '../head.ts';
import type { ClientConnectionLimits } from '../http1/client-connection.ts';
import type { ClientExchange } from '../upstream.ts';
import { type ClientStreamOwner, Http2ClientStream } from './client-stream.ts';
import { Http2Connection } from './connection.ts';
import { NO_ERROR, nameOfErrorCode, PROTOCOL_ERROR, STREAM_CLOSED } from './error-code.ts';
import { PREFACE } from './frame.ts';
import type { Http2Commons } from './http2-commons.ts';
import { RepeatedHeads } from './repeated-heads.ts';
import { ENABLE_PUSH, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE } from './settings.ts';
import { UNPROCESSED } from './stream.ts';
import { STREAM_WINDOW_BYTES } from './stream-carrier.ts';

/** Whoever owns the connection. */
export interface Http2ClientOwner {
  /** It has room again, or carries nothing more. */
  onHttp2StreamClosed(connection: Http2ClientConnection): void;
  /** It takes no new requests; what runs goes on. */
  onHttp2Leaving(connection: Http2ClientConnection): void;
  /** Called once, whatever the reason. `connected`: it had come to be. */
  onHttp2Closed(connection: Http2ClientConnection, connected: boolean): void;
}

/** Until the endpoint has said how many it takes. Source: RFC 9113 section 6.5.2 recommends no fewer. */
const STREAMS_BEFORE_SETTINGS = 100;
/** Numbers are used up after that: another connection goes on. */
const LAST_NUMBER = 1_073_741_823;
const MAX_FREE_STREAMS = 128;
/** A well-behaved server sends a handful at most (RFC 9110 section 15.2). */
const MAX_INTERIMS = 16;

export class Http2ClientConnection extends Http2Connection<Http2ClientStream> implements ClientStreamOwner {
  declare readonly commons: Http2Commons;
  declare readonly encoder: Http2Connection<Http2ClientStream>['encoder'];
  /** When it was made, on the clock of whoever asks (ms). */
  bornMs = 0;
  /** Requests that it was taken for. */
  requests = 0;
  /** When it carried something last, on the clock of whoever asks (ms). */
  idleSinceMs = 0;
  readonly #owner: Http2ClientOwner;
  readonly #limits: ClientConnectionLimits;
  readonly #free: Http2ClientStream[] = [];
  /** Upgrades whose endpoint has not said yet what it takes. */
  readonly #awaiting: Http2ClientStream[] = [];
  readonly #repeated: RepeatedHeads<ResponseHead>;
  #nextStream = 1;
  /** Taken by somebody who has not sent a head yet. */
  #reserved = 0;
  #connected = false;
  #leaving = false;

  constructor(
    socket: Socket,
    owner: Http2ClientOwner,
    limits: ClientConnectionLimits,
    commons: Http2Commons,
    wheel: TimerWheel,
  ) {
    super(socket, commons, wheel);
    this.#owner = owner;
    this.#limits = limits;
    this.#repeated = new RepeatedHeads(commons.sharedResponses);
    socket.on(connectEventOf(socket), () => this.#onConnect());
    wheel.set(this.timer, limits.connectTimeoutMs);
    this.writer.text(PREFACE);
    this.writer.settings([
      ENABLE_PUSH,
      0,
      INITIAL_WINDOW_SIZE,
      STREAM_WINDOW_BYTES,
      MAX_HEADER_LIST_SIZE,
      commons.text.maxListBytes,
    ]);
    this.openWindow();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** It takes one more request. */
  get hasRoom(): boolean {
    const limit = this.settingsReceived ? this.peer.maxStreams : STREAMS_BEFORE_SETTINGS;
    return !this.#leaving && !this.dead && this.active + this.#reserved < limit;
  }

  /** What it carries waits for the endpoint. */
  get isStalled(): boolean {
    return this.stalled;
  }

  get takesUpgrades(): boolean | null {
    return this.settingsReceived ? this.peer.connectProtocol : null;
  }

  awaitSettings(stream: Http2ClientStream): void {
    this.#awaiting.push(stream);
  }

  get idle(): boolean {
    return this.active + this.#reserved === 0;
  }

  /** A stream for one request; its head comes next. */
  open(exchange: ClientExchange, method: string): Http2ClientStream {
    const stream = this.#free.pop() ?? this.#createStream();
    this.#reserved += 1;
    this.requests += 1;
    stream.begin(exchange, method);
    return stream;
  }

  startStream(stream: Http2ClientStream): number {
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#reserved -= 1;
    stream.start(id, this.peer.windowBytes);
    this.add(stream);
    if (id >= LAST_NUMBER) this.#leave();
    return id;
  }

  forgetUnstarted(stream: Http2ClientStream): void {
    this.#reserved -= 1;
    const at = this.#awaiting.indexOf(stream);
    if (at >= 0) this.#awaiting.splice(at, 1);
    this.#owner.onHttp2StreamClosed(this);
    this.#closeIfDone();
  }

  onStreamFree(stream: Http2ClientStream): void {
    if (this.#free.length < MAX_FREE_STREAMS) this.#free.push(stream);
  }

  /** Takes no new requests, and closes when it carries nothing. */
  drain(): void {
    this.#leave();
    this.#closeIfDone();
  }

  override onTimer(): void {
    if (!this.#connected && !this.dead) {
      this.failure = `no connection within ${this.#limits.connectTimeoutMs} ms`;
      this.socket.destroy();
    } else this.socket.destroy();
  }

  override onHeadersBegun(): void {}

  override onHeaders(id: number, bytes: Buffer, start: number, end: number, endStream: boolean): void {
    const stream = this.streams.get(id);
    if (stream === undefined) this.#headersForNobody(id, bytes, start, end);
    else if (stream.answered) this.readTrailers(stream, bytes, start, end, endStream);
    else this.#readHead(stream, bytes, start, end, endStream);
  }

  #headersForNobody(id: number, bytes: Buffer, start: number, end: number): void {
    if (this.isIdle(id)) this.onConnectionError(PROTOCOL_ERROR, 'HEADERS on a stream that was not opened');
    else if (this.wasReset(id)) this.skipBlock(bytes, start, end);
    else this.onConnectionError(STREAM_CLOSED, 'HEADERS of a stream that is closed');
  }

  #readHead(stream: Http2ClientStream, bytes: Buffer, start: number, end: number, endStream: boolean): void {
    const version = this.tableVersion;
    const kind = (endStream ? 1 : 0) | kindOf(stream.method);
    const known = this.#repeated.find(bytes, start, end, version, kind);
    if (known !== null) {
      this.commons.stats.headsReused += 1;
      stream.head = known;
      this.guard.useful();
      this.touch(stream);
    } else if (!this.#decodeHead(stream, bytes, start, end, endStream)) return;
    else if (version === this.tableVersion) this.#repeated.keep(bytes, start, end, version, kind, stream.head);
    if (stream.head.status < 200) this.#interim(stream);
    else this.#answer(stream, endStream);
  }

  /** False = it is no head, and the stream has ended. */
  #decodeHead(stream: Http2ClientStream, bytes: Buffer, start: number, end: number, endStream: boolean): boolean {
    const { responses, text } = this.commons;
    stream.head = stream.ownHead;
    responses.begin(stream.head, text);
    if (!this.decode(bytes, start, end, responses)) return false;
    const tooLarge = this.blockOverflowed || responses.tooManyFields;
    if (!tooLarge) responses.end(text, endStream, stream.method);
    this.guard.useful();
    this.touch(stream);
    if (tooLarge) this.commons.stats.headerOverflows += 1;
    if (!tooLarge && responses.problem === '') return true;
    this.streamError(stream, PROTOCOL_ERROR, tooLarge ? 'the head is longer than the limit' : responses.problem);
    return false;
  }

  #interim(stream: Http2ClientStream): void {
    if (stream.interims < MAX_INTERIMS) stream.deliverInterim();
    else this.streamError(stream, PROTOCOL_ERROR, `more than ${MAX_INTERIMS} interim answers`);
  }

  #answer(stream: Http2ClientStream, endStream: boolean): void {
    const { id } = stream;
    stream.deliverHead();
    if (endStream && stream.id === id) this.endWithHead(stream);
  }

  /** What it has not looked at can be sent elsewhere. */
  override onGoAway(lastStream: number, code: number): void {
    this.commons.stats.goAwaysReceived += 1;
    if (!this.control()) return;
    this.#leave();
    for (const stream of this.streams.values()) {
      if (stream.id > lastStream) this.dropStream(stream, UNPROCESSED, `it goes away (${nameOfErrorCode(code)})`);
    }
    this.#closeIfDone();
  }

  protected override isIdle(id: number): boolean {
    return id % 2 === 0 || id >= this.#nextStream;
  }

  protected override lastStream(): number {
    return 0;
  }

  protected override onFirstSettings(): void {
    for (const stream of this.#awaiting.splice(0)) stream.onSettings(); // alloc-ok: once a connection
  }

  protected override onPingAck(): void {}

  protected override onStreamClosed(): void {
    this.#owner.onHttp2StreamClosed(this);
    this.#closeIfDone();
  }

  protected override onClosed(): void {
    if (!this.#leaving) this.#leave();
    for (const stream of this.#awaiting.splice(0)) stream.onNoSettings(this.failure); // alloc-ok: once a connection
    this.#owner.onHttp2Closed(this, this.#connected);
  }

  #createStream(): Http2ClientStream {
    return new Http2ClientStream(this, this.#limits.maxFields); // alloc-ok: kept for further requests
  }

  #onConnect(): void {
    this.#connected = true;
    this.wheel.cancel(this.timer);
    for (const stream of this.streams.values()) stream.onWritable();
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#owner.onHttp2Leaving(this);
  }

  #closeIfDone(): void {
    if (this.#leaving && this.idle && !this.dead) this.finish(NO_ERROR, '');
  }
}

/** Methods whose answers mean something else with the same block. */
function kindOf(method: string): number {
  if (method === 'HEAD') return 2;
  return method === 'CONNECT' ? 4 : 0;
}
