// @hot
// The upstream side of one HTTP/1.1 connection: carries one request at a time and reads its answer.
import type { Socket } from 'node:net';
import { codeOf } from '../../../base/coded-error.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../../base/timer-wheel.ts';
import type { ErrorCode } from '../../../model/errors.ts';
import { connectEventOf } from '../connect-event.ts';
import { readByOthers, readDirectly } from '../direct-reads.ts';
import type { OpenTunnel } from '../downstream.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, type RequestHead, ResponseHead } from '../head.ts';
import type { ClientExchange, UpstreamStream } from '../upstream.ts';
import { CR } from './characters.ts';
import { ChunkedDecoder, type ChunkSink } from './chunked-decoder.ts';
import { HEAD_INCOMPLETE, HEAD_INVALID, HeadScanner } from './head-scanner.ts';
import { MessageWriter } from './message-writer.ts';
import { ERR_STATUS_LINE, PARSE_ERRORS, PARSE_OK } from './parse-error.ts';
import { parseResponseHead } from './parse-response-head.ts';
import { renderRequestHead } from './write-head.ts';

/** Whoever owns the connection between exchanges. */
export interface ClientConnectionOwner {
  /** The first answer has begun; the head is valid during the call. */
  onFirstAnswer(head: ResponseHead): void;
  /** It can carry the next request. */
  onConnectionIdle(connection: Http1ClientConnection): void;
  /** Called once, whatever the reason. `connected`: it had come to be. */
  onConnectionClosed(connection: Http1ClientConnection, connected: boolean): void;
}

export interface ClientConnectionLimits {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  /** For the TCP handshake, ms. */
  readonly connectTimeoutMs: number;
}

/** A well-behaved server sends a handful at most (RFC 9110 section 15.2). */
const MAX_INFORMATIONAL = 16;

const HTTP = 'HTTP/';
const IDLE = 0;
const AWAIT_HEAD = 1;
const IN_BODY = 2;
const CLOSED = 3;
/** The socket belongs to somebody else, but for its end. */
const UPGRADED = 4;
/** What that one listens to itself. */
const HANDED_OVER = ['data', 'drain', 'end'] as const;

export class Http1ClientConnection implements UpstreamStream, TimerOwner, ChunkSink {
  readonly socket: Socket;
  readonly writer: MessageWriter;
  /** When it was made, on the clock of whoever asks (ms). */
  bornMs = 0;
  /** When it was given back last, on the clock of whoever asks (ms). */
  idleSinceMs = 0;
  /** How long it had been idle when it was taken for the request in work, ms; 0 = not at all. */
  idleForMs = 0;
  /** Requests that it has carried. */
  requests = 0;
  /** The endpoint has closed it before a byte of the answer to its last request came. */
  lost = false;
  readonly #owner: ClientConnectionOwner;
  readonly #limits: ClientConnectionLimits;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #head: ResponseHead;
  readonly #scanner: HeadScanner;
  readonly #chunked = new ChunkedDecoder();
  #exchange: ClientExchange | null = null;
  #method = '';
  #state = IDLE;
  #remaining = 0;
  #informational = 0;
  #requestComplete = true;
  #answered = true;
  #requestChunked = false;
  /** Bytes of the request's body that its head has announced and that were not sent. */
  #owed = 0;
  /** The request asked for another protocol. */
  #upgrading = false;
  #connected = false;
  #held: Buffer | null = null;
  #failure = '';

  constructor(socket: Socket, owner: ClientConnectionOwner, limits: ClientConnectionLimits, wheel: TimerWheel) {
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    this.#owner = owner;
    this.#limits = limits;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(this);
    this.#head = new ResponseHead(limits.maxFields);
    this.#scanner = new HeadScanner(limits.maxHeadBytes);
    socket.on(connectEventOf(socket), () => this.#onConnect());
    readDirectly(socket, (bytes) => this.#onData(bytes));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(codeOf(error)));
    socket.on('close', () => this.#onClose());
    wheel.set(this.#timer, limits.connectTimeoutMs);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Takes the connection for one request; the caller writes its head next. Writes before the connection has come to be are kept. */
  begin(exchange: ClientExchange, method: string): void {
    this.#exchange = exchange;
    this.#method = method;
    this.#state = AWAIT_HEAD;
    this.#informational = 0;
    this.#requestComplete = false;
    this.#answered = false;
    this.#upgrading = false;
    this.requests += 1;
  }

  sendHead(head: RequestHead, extra: string, changed: string): void {
    this.#requestChunked = head.bodyKind === BODY_CHUNKED;
    this.#owed = head.bodyKind === BODY_LENGTH ? head.contentLength : 0;
    this.writer.text(changed === '' ? renderRequestHead(head, extra) : changed);
  }

  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void {
    this.#upgrading = true;
    const asks = `connection: Upgrade\r\nupgrade: ${protocol}\r\n`;
    this.sendHead(head, asks + extra, changed === '' ? '' : `${changed.slice(0, -2)}${asks}\r\n`);
  }

  /** Its owner hears of the end as of any other. */
  openTunnel(): OpenTunnel {
    this.#exchange = null;
    this.#state = UPGRADED;
    readByOthers(this.socket, HANDED_OVER);
    const first = this.#held;
    this.#held = null;
    return { socket: this.socket, first }; // alloc-ok: once a tunnel
  }

  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (this.#requestChunked) return this.writer.chunk(bytes, start, end);
    this.#owed -= end - start;
    return this.writer.data(bytes, start, end);
  }

  flush(): boolean {
    return this.writer.flush();
  }

  endRequest(trailers: string): void {
    if (this.#requestChunked) this.writer.lastChunk(trailers);
    // With less than it says, the next request would be taken for the rest of this one: such a connection is not used again.
    this.#requestComplete = this.#owed === 0;
    this.writer.flush();
  }

  pauseReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    this.socket.resume();
  }

  /** Ends the connection; the exchange is told nothing. */
  destroy(): void {
    this.#exchange = null;
    this.socket.destroy();
  }

  onChunkData(bytes: Buffer, start: number, end: number): void {
    this.#exchange?.onResponseData(bytes, start, end);
  }

  onTimer(): void {
    this.#failure = `no connection within ${this.#limits.connectTimeoutMs} ms`;
    this.socket.destroy();
  }

  #onConnect(): void {
    this.#connected = true;
    this.#wheel.cancel(this.#timer);
    if (!this.socket.writableNeedDrain) this.#exchange?.onUpstreamWritable();
  }

  #onData(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      // Nobody asked: the next answer could not be told from this.
      this.socket.destroy();
      return;
    }
    this.#answered = true;
    const held = this.#held;
    if (held !== null) {
      bytes = Buffer.concat([held, bytes]); // alloc-ok: a head in pieces
      this.#held = null;
    }
    let at = 0;
    while (at < bytes.length && this.#exchange === exchange) {
      const before = at;
      at = this.#state === AWAIT_HEAD ? this.#readHead(bytes, at) : this.#readBody(bytes, at);
      if (at === before) break;
    }
    if (at < bytes.length && this.#exchange === exchange) this.#held = at === 0 ? bytes : bytes.subarray(at);
    if (this.#state !== UPGRADED) exchange.onResponseBatchEnd();
  }

  #readHead(bytes: Buffer, start: number): number {
    const end = this.#scanner.scan(bytes, start);
    if (end === HEAD_INCOMPLETE) {
      if (mayBeginHead(bytes, start)) return start;
      this.#fail('upstream_protocol_error', PARSE_ERRORS[ERR_STATUS_LINE]?.detail ?? '');
      return bytes.length;
    }
    const error =
      end === HEAD_INVALID
        ? this.#scanner.error
        : parseResponseHead(bytes, this.#scanner.start, end, this.#head, this.#method);
    if (error !== PARSE_OK) {
      this.#fail('upstream_protocol_error', PARSE_ERRORS[error]?.detail ?? '');
      return bytes.length;
    }
    const head = this.#head;
    if (head.status === 101) return this.#switch(head, bytes, end);
    if (head.status < 200) return this.#informationalHead(head, end, bytes.length);
    if (this.requests === 1) this.#owner.onFirstAnswer(head);
    this.#exchange?.onResponseHead(head);
    // An answer that is not wanted ends the exchange, and this connection with it.
    if (this.#exchange === null) return bytes.length;
    if (head.bodyKind === BODY_NONE || (head.bodyKind === BODY_LENGTH && head.contentLength === 0)) {
      this.#complete('', end === bytes.length);
      return bytes.length;
    }
    this.#state = IN_BODY;
    this.#remaining = head.contentLength;
    if (head.bodyKind === BODY_CHUNKED) this.#chunked.reset();
    return end;
  }

  #informationalHead(head: ResponseHead, end: number, length: number): number {
    this.#informational += 1;
    if (this.#informational > MAX_INFORMATIONAL) {
      this.#fail('upstream_protocol_error', `more than ${MAX_INFORMATIONAL} interim answers`);
    } else {
      this.#exchange?.onInformational(head);
      return end;
    }
    return length;
  }

  /** What stands behind the head is of the other protocol already. A server must have read the whole request first (RFC 9110 section 7.8). */
  #switch(head: ResponseHead, bytes: Buffer, end: number): number {
    if (!this.#upgrading) {
      this.#fail('upstream_protocol_error', 'it switched protocols (101) though nobody asked it to');
    } else if (!this.#requestComplete) {
      this.#fail('upstream_protocol_error', 'it switched protocols (101) before the request was complete');
    } else {
      if (end < bytes.length) this.#held = bytes.subarray(end);
      this.#exchange?.onUpgraded(head);
    }
    return bytes.length;
  }

  #readBody(bytes: Buffer, at: number): number {
    const kind = this.#head.bodyKind;
    if (kind === BODY_CHUNKED) return this.#readChunked(bytes, at);
    if (kind === BODY_UNTIL_CLOSE) {
      this.#exchange?.onResponseData(bytes, at, bytes.length);
      return bytes.length;
    }
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    this.#exchange?.onResponseData(bytes, at, end);
    if (this.#remaining > 0 || this.#exchange === null) return end;
    this.#complete('', end === bytes.length);
    return bytes.length;
  }

  #readChunked(bytes: Buffer, at: number): number {
    const next = this.#chunked.decode(bytes, at, bytes.length, this);
    if (this.#exchange === null) return bytes.length;
    if (next < 0) {
      this.#fail('upstream_protocol_error', PARSE_ERRORS[this.#chunked.error]?.detail ?? '');
      return bytes.length;
    }
    if (!this.#chunked.done) return next;
    this.#complete(this.#chunked.trailers, next === bytes.length);
    return bytes.length;
  }

  /** `clean`: nothing came behind the answer. The connection is given back before the exchange hears of the end, so that it can be used again at once. */
  #complete(trailers: string, clean: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#state = IDLE;
    if (clean && this.#requestComplete && this.#head.keepAlive) {
      // Its last bytes may have made a slow reader ask for a pause: that ends with the exchange.
      if (this.socket.isPaused()) this.socket.resume();
      this.#owner.onConnectionIdle(this);
    } else {
      this.socket.destroy();
    }
    exchange?.onResponseEnd(trailers);
  }

  #fail(code: ErrorCode, detail: string): void {
    const exchange = this.#exchange;
    const unsent = !this.#connected;
    if (exchange !== null) this.lost = !this.#answered;
    this.#exchange = null;
    this.#state = CLOSED;
    this.socket.destroy();
    exchange?.onUpstreamFailure(code, detail, unsent);
  }

  #onDrain(): void {
    this.#exchange?.onUpstreamWritable();
  }

  #onEnd(): void {
    if (this.#state === IN_BODY && this.#head.bodyKind === BODY_UNTIL_CLOSE) {
      const exchange = this.#exchange;
      this.#complete('', false);
      exchange?.onResponseBatchEnd();
    } else if (this.#exchange !== null) {
      this.#fail('upstream_connection_termination', 'it closed the connection');
    } else {
      this.socket.destroy();
    }
  }

  #onError(code: string): void {
    if (this.#failure === '') this.#failure = code;
  }

  #onClose(): void {
    this.#wheel.cancel(this.#timer);
    this.#held = null;
    this.writer.discard();
    const reason = this.#failure === '' ? 'the connection was closed' : this.#failure;
    if (this.#connected) this.#fail('upstream_connection_termination', reason);
    else this.#fail('upstream_connection_failure', reason);
    this.#owner.onConnectionClosed(this, this.#connected);
  }
}

/** Whoever greets in another protocol, with less than a head, would be waited for without end. */
function mayBeginHead(bytes: Buffer, start: number): boolean {
  const length = Math.min(bytes.length - start, HTTP.length);
  return HTTP.startsWith(bytes.toString('latin1', start, start + length)) || bytes[start] === CR;
}
