// @hot
// The downstream side of one HTTP/2 connection: each stream a request with an exchange of its own.
import type { Socket } from 'node:net';
import { type TimerWheel, WheelTimer } from '../../../base/timer-wheel.ts';
import type { ServerExchange } from '../downstream.ts';
import type { RequestHead } from '../head.ts';
import type { ServerConnectionLimits } from '../server-connection-limits.ts';
import { Http2Connection } from './connection.ts';
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED } from './error-code.ts';
import { LARGEST_STREAM_ID, PREFACE } from './frame.ts';
import type { Http2Commons } from './http2-commons.ts';
import { RepeatedHeads } from './repeated-heads.ts';
import { Http2ServerStream, type ServerStreamOwner } from './server-stream.ts';
import {
  ENABLE_CONNECT_PROTOCOL,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_LIST_SIZE,
} from './settings.ts';
import { STREAM_WINDOW_BYTES } from './stream-carrier.ts';

/** Whoever accepted the connection. */
export interface Http2ServerOwner {
  /** For the requests of one stream after the other. */
  createExchange(stream: Http2ServerStream): ServerExchange;
  /** A request that was refused with PROTOCOL_ERROR, for the counters. */
  onMalformedRequest(connection: Http2ServerConnection, problem: string): void;
  /** The last call. */
  onHttp2Closed(connection: Http2ServerConnection): void;
}

/** A caller that takes nothing of what it asked for is cut off after one to two times this, ms. Envoy's stream_idle_timeout. */
const STALL_MS = 300_000;
/** How long a caller may take to have seen the first GOAWAY before the second one, ms. */
const DRAIN_MS = 1_000;
const DEFAULT_MAX_STREAMS = 256;
/** Streams that are kept for further requests. */
const MAX_FREE_STREAMS = 32;
const PING_BYTES = Buffer.from('draining', 'latin1');

export class Http2ServerConnection extends Http2Connection<Http2ServerStream> implements ServerStreamOwner {
  declare readonly commons: Http2Commons;
  declare readonly encoder: Http2Connection<Http2ServerStream>['encoder'];
  readonly #owner: Http2ServerOwner;
  readonly #limits: ServerConnectionLimits;
  readonly #maxStreams: number;
  readonly #ageTimer: WheelTimer | null;
  readonly #free: Http2ServerStream[] = [];
  readonly #repeated: RepeatedHeads<RequestHead>;
  #lastStream = 0;
  /** Bytes of the preface that have come. */
  #prefaceBytes = 0;
  #readingHead = true;
  #draining = false;
  /** The second GOAWAY has been sent: no further stream is taken. */
  #final = false;
  #requests = 0;
  #requestsAtTimer = 0;
  #sentAtTimer = 0;
  #idleSinceMs: number;
  #closed = false;

  constructor(
    socket: Socket,
    owner: Http2ServerOwner,
    limits: ServerConnectionLimits,
    commons: Http2Commons,
    wheel: TimerWheel,
  ) {
    super(socket, commons, wheel);
    this.#owner = owner;
    this.#limits = limits;
    this.#repeated = new RepeatedHeads(commons.sharedRequests);
    this.#idleSinceMs = commons.now();
    this.#maxStreams = limits.maxStreams ?? DEFAULT_MAX_STREAMS;
    this.writer.settings([
      MAX_CONCURRENT_STREAMS,
      this.#maxStreams,
      INITIAL_WINDOW_SIZE,
      STREAM_WINDOW_BYTES,
      MAX_HEADER_LIST_SIZE,
      commons.text.maxListBytes,
      ENABLE_CONNECT_PROTOCOL,
      1,
    ]);
    this.openWindow();
    if (limits.headTimeoutMs > 0) wheel.set(this.timer, limits.headTimeoutMs);
    this.#ageTimer = limits.maxAgeMs > 0 ? new WheelTimer(this) : null;
    if (this.#ageTimer !== null) wheel.set(this.#ageTimer, limits.maxAgeMs);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes the bytes that were read before the connection was known to be HTTP/2; they begin with its preface. */
  receive(bytes: Buffer): void {
    this.onBytes(bytes);
  }

  /** First says that the end is near, and once that must have been heard, which stream is the last one. */
  drain(): void {
    if (this.#draining || this.dead) return;
    this.#draining = true;
    this.goAway(LARGEST_STREAM_ID, NO_ERROR, 'draining');
    this.writer.ping(PING_BYTES, 0, false);
    this.wheel.set(this.timer, DRAIN_MS);
  }

  onStreamFree(stream: Http2ServerStream): void {
    if (!this.#closed && this.#free.length < MAX_FREE_STREAMS) this.#free.push(stream);
    else stream.discard();
  }

  override onTimer(timer: WheelTimer): void {
    if (timer === this.#ageTimer) this.drain();
    else if (this.dead) this.socket.destroy();
    else if (this.#draining && !this.#final) this.#sendFinalGoAway();
    else if (this.#readingHead)
      this.onConnectionError(ENHANCE_YOUR_CALM, `no complete head within ${this.#limits.headTimeoutMs} ms`);
    else this.#checkProgress();
  }

  /** Nothing in work for long enough, or answers of which the caller takes nothing: either ends the connection. */
  #checkProgress(): void {
    const nowMs = this.commons.now();
    if (this.stalled && this.sentBytes === this.#sentAtTimer) {
      this.onConnectionError(ENHANCE_YOUR_CALM, 'answers that are asked for and not taken');
      return;
    }
    if (this.active > 0 || this.#requests !== this.#requestsAtTimer) this.#idleSinceMs = nowMs;
    else if (this.#limits.idleTimeoutMs > 0 && nowMs - this.#idleSinceMs >= this.#limits.idleTimeoutMs) {
      this.#closeIdle();
      return;
    }
    this.#startTimer();
  }

  protected override onBytes(bytes: Buffer): void {
    if (this.#prefaceBytes === PREFACE.length) super.onBytes(bytes);
    else if (!this.dead) this.#readPreface(bytes);
  }

  #readPreface(bytes: Buffer): void {
    const length = Math.min(bytes.length, PREFACE.length - this.#prefaceBytes);
    if (!PREFACE.startsWith(bytes.toString('latin1', 0, length), this.#prefaceBytes)) {
      this.onConnectionError(PROTOCOL_ERROR, 'a connection preface that is not the one of HTTP/2');
      return;
    }
    this.#prefaceBytes += length;
    if (length < bytes.length) super.onBytes(bytes, length);
  }

  override onHeadersBegun(): void {
    this.#readingHead = true;
    if (this.#limits.headTimeoutMs > 0) this.wheel.set(this.timer, this.#limits.headTimeoutMs);
  }

  override onHeaders(
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
    endStream: boolean,
    dependsOnItself: boolean,
  ): void {
    if (!this.settingsReceived) {
      this.onConnectionError(PROTOCOL_ERROR, 'no SETTINGS behind the preface');
      return;
    }
    if (this.#readingHead) this.#headArrived();
    const stream = this.streams.get(id);
    if (stream !== undefined) this.readTrailers(stream, bytes, start, end, endStream);
    else if (id % 2 === 0) this.onConnectionError(PROTOCOL_ERROR, 'a stream of an even number from a client');
    else if (id <= this.#lastStream) this.#headersOfClosed(id, bytes, start, end);
    else if (this.#final) this.skipBlock(bytes, start, end);
    else {
      this.#lastStream = id;
      if (dependsOnItself) this.#refuseWith(id, PROTOCOL_ERROR, bytes, start, end);
      else if (this.active >= this.#maxStreams) this.#refuseWith(id, REFUSED_STREAM, bytes, start, end);
      else this.#begin(id, bytes, start, end, endStream);
    }
  }

  /** What was on its way when we reset the stream is no error. */
  #headersOfClosed(id: number, bytes: Buffer, start: number, end: number): void {
    if (this.wasReset(id)) this.skipBlock(bytes, start, end);
    else this.onConnectionError(STREAM_CLOSED, 'HEADERS of a stream that is closed');
  }

  #refuseWith(id: number, code: number, bytes: Buffer, start: number, end: number): void {
    this.skipBlock(bytes, start, end);
    if (!this.dead) this.refuseStream(id, code);
  }

  #begin(id: number, bytes: Buffer, start: number, end: number, endStream: boolean): void {
    const stream = this.#free.pop() ?? this.#createStream();
    const known = this.#repeated.find(bytes, start, end, this.tableVersion, endStream ? 1 : 0);
    if (known === null) {
      this.#beginNew(id, stream, bytes, start, end, endStream);
      return;
    }
    this.commons.stats.headsReused += 1;
    this.#open(id, stream, known, endStream);
    stream.deliverHead();
    this.#drainIfUsedUp();
  }

  /** A head that is not known yet. */
  #beginNew(
    id: number,
    stream: Http2ServerStream,
    bytes: Buffer,
    start: number,
    end: number,
    endStream: boolean,
  ): void {
    const { requests, text } = this.commons;
    const version = this.tableVersion;
    const head = stream.ownHead;
    requests.begin(head, text);
    if (!this.decode(bytes, start, end, requests)) {
      stream.discard();
      return;
    }
    const tooLarge = this.blockOverflowed || requests.tooManyFields;
    if (!tooLarge) requests.end(text, endStream);
    if (!tooLarge && requests.problem !== '') {
      this.#free.push(stream);
      this.commons.stats.malformed += 1;
      this.#owner.onMalformedRequest(this, requests.problem);
      this.refuseStream(id, PROTOCOL_ERROR);
      return;
    }
    if (!tooLarge && version === this.tableVersion)
      this.#repeated.keep(bytes, start, end, version, endStream ? 1 : 0, head);
    this.#open(id, stream, head, endStream);
    if (tooLarge) this.commons.stats.headerOverflows += 1;
    if (tooLarge) stream.refuseHead(`more than ${text.maxListBytes} bytes or ${head.maxFields} fields`);
    else stream.deliverHead();
    this.#drainIfUsedUp();
  }

  #open(id: number, stream: Http2ServerStream, head: RequestHead, endStream: boolean): void {
    this.guard.useful();
    this.#requests += 1;
    stream.begin(id, head, this.peer.windowBytes, endStream);
    this.add(stream);
    this.touch(stream);
  }

  #drainIfUsedUp(): void {
    if (this.#requests === this.#limits.maxRequests) this.drain();
  }

  #createStream(): Http2ServerStream {
    const stream = new Http2ServerStream(this, this.#limits.maxFields); // alloc-ok: kept for further requests
    stream.bind(this.#owner.createExchange(stream));
    return stream;
  }

  /** The caller goes away: its streams end as always. */
  override onGoAway(): void {
    this.commons.stats.goAwaysReceived += 1;
    this.control();
  }

  protected override isIdle(id: number): boolean {
    return id % 2 === 0 || id > this.#lastStream;
  }

  protected override lastStream(): number {
    return this.#lastStream;
  }

  protected override onFirstSettings(): void {
    this.#headArrived();
  }

  protected override onPingAck(): void {
    if (this.#draining && !this.#final) this.#sendFinalGoAway();
  }

  protected override onStreamClosed(): void {
    if (this.#final && this.active === 0) this.#closeIdle();
  }

  protected override onClosed(): void {
    this.#closed = true;
    if (this.#ageTimer !== null) this.wheel.cancel(this.#ageTimer);
    for (let stream = this.#free.pop(); stream !== undefined; stream = this.#free.pop()) stream.discard();
    this.#owner.onHttp2Closed(this);
  }

  #sendFinalGoAway(): void {
    this.#final = true;
    this.goAway(this.#lastStream, NO_ERROR, 'draining');
    if (this.active === 0) this.#closeIdle();
    else this.#startTimer();
  }

  #closeIdle(): void {
    if (!this.dead) this.finish(NO_ERROR, '');
  }

  #headArrived(): void {
    this.#readingHead = false;
    if (!this.#draining || this.#final) this.#startTimer();
  }

  #startTimer(): void {
    this.#requestsAtTimer = this.#requests;
    this.#sentAtTimer = this.sentBytes;
    this.wheel.set(this.timer, Math.min(this.#limits.idleTimeoutMs || STALL_MS, STALL_MS));
  }
}
