// @hot
// The downstream side of one HTTP/1.1 connection: reads requests in order, one at a time, and carries their answers.
import type { Socket } from 'node:net';
import { codeOf } from '../../../base/coded-error.ts';
import { resetSocket } from '../../../base/reset-socket.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../../base/timer-wheel.ts';
import type { ErrorCode } from '../../../model/errors.ts';
import { readByOthers, readDirectly } from '../direct-reads.ts';
import type { ServerExchange } from '../downstream.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, RequestHead } from '../head.ts';
import { beginsWithPreface } from '../http2/preface.ts';
import type { ServerConnectionLimits } from '../server-connection-limits.ts';
import { ChunkedDecoder, type ChunkSink } from './chunked-decoder.ts';
import { HEAD_INCOMPLETE, HEAD_INVALID, HeadScanner } from './head-scanner.ts';
import { MessageWriter } from './message-writer.ts';
import { PARSE_ERRORS, PARSE_OK } from './parse-error.ts';
import { parseRequestHead } from './parse-request-head.ts';

/** How long a connection whose last answer was sent may stay open for the caller to read it, ms. */
const LINGER_MS = 1_000;

/** How long a connection that drains waits for a request that may be on its way, ms: closed at once, it would lose that one. */
const LAST_REQUEST_MS = 500;

/** How long what is left of a last answer may take to leave, ms: it is no more than the socket's buffer. */
const LAST_ANSWER_MS = 60_000;

const SOCKET_EVENTS = ['data', 'drain', 'end', 'finish', 'error', 'close'] as const;

const AWAIT_HEAD = 0;
const IN_BODY = 1;
/** The request is complete, its answer is not. */
const AWAIT_ANSWER = 2;
/** The last answer was sent: whatever still comes is thrown away. */
const LINGERING = 3;
const CLOSED = 4;
/** The socket belongs to somebody else (CONNECT). */
const DETACHED = 5;

export class Http1ServerConnection implements TimerOwner, ChunkSink {
  readonly socket: Socket;
  readonly writer: MessageWriter;
  readonly head: RequestHead;
  /** Takes over a caller that speaks HTTP/2, with what has come; null = that is refused. */
  onHttp2: ((bytes: Buffer) => void) | null = null;
  readonly #exchange: ServerExchange;
  readonly #limits: ServerConnectionLimits;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  /** Null = it may grow as old as it likes. */
  readonly #ageTimer: WheelTimer | null;
  readonly #scanner: HeadScanner;
  readonly #chunked = new ChunkedDecoder();
  #state = AWAIT_HEAD;
  #remaining = 0;
  /** Bytes that have come and cannot be used yet. */
  #held: Buffer | null = null;
  #processing = false;
  #answering = false;
  #requests = 0;
  #requestsAtTimer = 0;
  #readingHead = false;
  #closeRequested = false;
  #draining = false;
  #endsByClosing = false;
  /** What the writer had handed over before the answer in work. */
  #handedOver = 0;
  #failure = '';

  constructor(socket: Socket, exchange: ServerExchange, limits: ServerConnectionLimits, wheel: TimerWheel) {
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    this.head = new RequestHead(limits.maxFields);
    this.#exchange = exchange;
    this.#limits = limits;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(this);
    this.#scanner = new HeadScanner(limits.maxHeadBytes);
    readDirectly(socket, (bytes) => this.#onData(bytes));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('finish', () => this.#onFinish());
    socket.on('error', (error) => this.#onError(codeOf(error)));
    socket.on('close', () => this.#onClose());
    this.#startIdleTimer();
    this.#ageTimer = limits.maxAgeMs > 0 ? new WheelTimer(this) : null;
    if (this.#ageTimer !== null) wheel.set(this.#ageTimer, limits.maxAgeMs);
  }

  /** No exchange is running. */
  get idle(): boolean {
    return !this.#answering;
  }

  /** True when the request of the running exchange has come whole. */
  get requestComplete(): boolean {
    return this.#state !== IN_BODY;
  }

  /** The answer in work is the last one on this connection. */
  closeAfterAnswer(): void {
    this.#closeRequested = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get closing(): boolean {
    return this.#closeRequested;
  }

  pauseReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    // Bytes of a pipelined request are held: it waits for its turn.
    if (this.#held === null && this.#state < LINGERING) this.socket.resume();
  }

  /** The head of an answer is written next. */
  beginAnswer(): void {
    this.#handedOver = this.writer.handedOver;
  }

  /** Forgets what was written since `beginAnswer`; `false` = some of it has left. */
  takeBackAnswer(): boolean {
    if (this.writer.handedOver !== this.#handedOver) return false;
    this.writer.discard();
    return true;
  }

  /** The answer is complete and handed to the writer. */
  endResponse(): void {
    this.writer.flush();
    if (this.#state === CLOSED || this.#state === DETACHED) return;
    this.#answering = false;
    if (this.#closeRequested || this.#state === IN_BODY) {
      this.#linger();
      return;
    }
    this.#state = AWAIT_HEAD;
    if (this.#draining) this.#wheel.set(this.#timer, LAST_REQUEST_MS);
    if (!this.#processing && !this.socket.writableNeedDrain) this.#continue();
  }

  /** The answer in work has no other end than the connection's. */
  endAnswerByClosing(): void {
    this.#closeRequested = true;
    this.#endsByClosing = true;
  }

  /**
   * Ends the connection at once; an answer in work is cut off, which is what tells the caller that it is not whole. One that ends by closing
   * would seem whole: it is reset instead.
   */
  destroy(): void {
    if (this.#answering && this.#endsByClosing) resetSocket(this.socket);
    else this.socket.destroy();
  }

  /**
   * Closes after the next answer, or the one in work: whoever renders its head says so by `closeAfterAnswer`. Where the head of that one has left
   * already, or no request comes for a while, it closes then.
   */
  drain(): void {
    this.#draining = true;
    if (!this.#answering && this.#state === AWAIT_HEAD && !this.#readingHead)
      this.#wheel.set(this.#timer, LAST_REQUEST_MS);
  }

  /** Nothing is in work, and a request may come. */
  get awaitsRequest(): boolean {
    return this.#state === AWAIT_HEAD && !this.#answering;
  }

  /** Gives the socket away (CONNECT): no event reaches this object any more. Answers the bytes that came behind the head. */
  detach(): Buffer | null {
    this.#state = DETACHED;
    this.#cancelTimers();
    readByOthers(this.socket, SOCKET_EVENTS);
    const rest = this.#held;
    this.#held = null;
    return rest;
  }

  onChunkData(bytes: Buffer, start: number, end: number): void {
    this.#exchange.onRequestData(bytes, start, end);
  }

  onTimer(timer: WheelTimer): void {
    if (timer === this.#ageTimer) {
      this.drain();
    } else if (this.#readingHead) {
      this.#refuse('request_head_timeout', `no complete head within ${this.#limits.headTimeoutMs} ms`);
    } else if (this.#state === LINGERING) {
      if (this.socket.writableFinished) this.socket.destroy();
      else resetSocket(this.socket);
    } else if (this.#draining && !this.#answering) {
      this.#linger();
    } else if (this.#answering || this.#requests !== this.#requestsAtTimer) {
      this.#startIdleTimer();
    } else {
      this.#linger();
    }
  }

  #onData(bytes: Buffer): void {
    if (this.#state >= LINGERING) return;
    const held = this.#held;
    if (held !== null) {
      bytes = Buffer.concat([held, bytes]); // alloc-ok: a message in pieces
      this.#held = null;
    }
    this.#process(bytes);
  }

  /** Goes on with what was held while the answer before was in work. */
  #continue(): void {
    const held = this.#held;
    this.#held = null;
    this.socket.resume();
    if (held !== null) this.#process(held);
  }

  #process(bytes: Buffer): void {
    this.#processing = true;
    let at = 0;
    while (at < bytes.length) {
      const before = at;
      // A caller who does not take its answers gets no further ones.
      if (this.#state === AWAIT_HEAD && !this.socket.writableNeedDrain) at = this.#readHead(bytes, at);
      else if (this.#state === IN_BODY) at = this.#readBody(bytes, at);
      if (at === before) break;
    }
    this.#processing = false;
    if (at < bytes.length && this.#state < LINGERING) this.#hold(bytes, at);
    this.#exchange.onRequestBatchEnd();
  }

  /** Keeps the rest: a head in pieces goes on reading, a pipelined request waits for its turn and stops the socket meanwhile. */
  #hold(bytes: Buffer, at: number): void {
    this.#held = at === 0 ? bytes : bytes.subarray(at);
    if (this.#state === AWAIT_ANSWER || this.socket.writableNeedDrain) this.socket.pause();
  }

  #readHead(bytes: Buffer, start: number): number {
    const end = this.#scanner.scan(bytes, start);
    if (end === HEAD_INCOMPLETE) {
      // An empty line between requests begins no head (RFC 9112 section 2.2): such a connection is idle.
      if (bytes.length - start > 2) this.#awaitRestOfHead();
      return start;
    }
    if (this.#readingHead) this.#headArrived();
    const error =
      end === HEAD_INVALID ? this.#scanner.error : parseRequestHead(bytes, this.#scanner.start, end, this.head);
    if (error !== PARSE_OK) {
      if (this.#requests > 0 || !this.#handOver(bytes, this.#scanner.start)) this.#refuseParse(error);
      return bytes.length;
    }
    this.#beginExchange();
    return end;
  }

  /** What is no request of HTTP/1.1 may be the preface of HTTP/2 (RFC 9113 section 3.4): then the socket is somebody else's. */
  #handOver(bytes: Buffer, start: number): boolean {
    if (this.onHttp2 === null || !beginsWithPreface(bytes, start)) return false;
    this.detach();
    this.onHttp2(bytes.subarray(start));
    return true;
  }

  #beginExchange(): void {
    const head = this.head;
    this.#requests += 1;
    this.#answering = true;
    if (!head.keepAlive || this.#requests === this.#limits.maxRequests) this.#closeRequested = true;
    const complete = head.bodyKind === BODY_NONE || (head.bodyKind === BODY_LENGTH && head.contentLength === 0);
    if (complete) {
      this.#state = AWAIT_ANSWER;
    } else {
      this.#state = IN_BODY;
      this.#remaining = head.contentLength;
      if (head.bodyKind === BODY_CHUNKED) this.#chunked.reset();
    }
    this.#exchange.onRequestHead(head);
    if (complete && this.#state < LINGERING) this.#exchange.onRequestEnd('');
  }

  #readBody(bytes: Buffer, at: number): number {
    if (this.head.bodyKind === BODY_CHUNKED) return this.#readChunked(bytes, at);
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    const complete = this.#remaining === 0;
    if (complete) this.#state = AWAIT_ANSWER;
    this.#exchange.onRequestData(bytes, at, end);
    if (complete && this.#state === AWAIT_ANSWER && this.#answering) this.#exchange.onRequestEnd('');
    return end;
  }

  #readChunked(bytes: Buffer, at: number): number {
    const chunked = this.#chunked;
    const next = chunked.decode(bytes, at, bytes.length, this);
    // What was decoded may have ended the exchange: its connection lingers then, and errors behind that are nobody's business.
    if (this.#state !== IN_BODY) return bytes.length;
    if (next < 0) {
      this.#refuseParse(chunked.error);
      return bytes.length;
    }
    if (chunked.done) {
      this.#state = AWAIT_ANSWER;
      this.#exchange.onRequestEnd(chunked.trailers);
    }
    return next;
  }

  #awaitRestOfHead(): void {
    if (this.#readingHead) return;
    this.#readingHead = true;
    if (this.#limits.headTimeoutMs > 0) this.#wheel.set(this.#timer, this.#limits.headTimeoutMs);
  }

  #headArrived(): void {
    this.#readingHead = false;
    this.#startIdleTimer();
  }

  #startIdleTimer(): void {
    this.#requestsAtTimer = this.#requests;
    if (this.#limits.idleTimeoutMs > 0) this.#wheel.set(this.#timer, this.#limits.idleTimeoutMs);
    else this.#wheel.cancel(this.#timer);
  }

  #cancelTimers(): void {
    this.#wheel.cancel(this.#timer);
    if (this.#ageTimer !== null) this.#wheel.cancel(this.#ageTimer);
  }

  #refuseParse(error: number): void {
    const row = PARSE_ERRORS[error];
    this.#refuse(row?.code ?? 'malformed_request', row?.detail ?? '');
  }

  #refuse(code: ErrorCode, detail: string): void {
    this.#readingHead = false;
    this.#closeRequested = true;
    this.#answering = true;
    this.#exchange.onRequestError(code, detail);
  }

  /** Sends FIN behind the last answer and throws away what still comes: closing at once would reset the answer in the caller's hands. */
  #linger(): void {
    this.#state = LINGERING;
    this.#held = null;
    this.#readingHead = false;
    this.socket.end();
    this.socket.resume();
    this.#wheel.set(this.#timer, Math.min(this.#limits.idleTimeoutMs || LAST_ANSWER_MS, LAST_ANSWER_MS));
  }

  #onFinish(): void {
    if (this.#state === LINGERING) this.#wheel.set(this.#timer, LINGER_MS);
  }

  #onDrain(): void {
    if (this.#answering) this.#exchange.onDownstreamWritable();
    else if (this.#state === AWAIT_HEAD) this.#continue();
  }

  #onEnd(): void {
    if (this.#answering && this.#state < LINGERING) {
      this.destroy();
      this.#gone('the caller closed its side');
    } else if (!this.socket.writableEnded) {
      // A second call makes an error with its stack: as dear as a request.
      this.socket.end();
    }
  }

  #onError(code: string): void {
    this.#failure = code;
  }

  #onClose(): void {
    this.#cancelTimers();
    if (this.#answering && this.#state < LINGERING)
      this.#gone(this.#failure === '' ? 'the connection was closed' : this.#failure);
    this.#state = CLOSED;
    this.#held = null;
    this.writer.discard();
    this.#exchange.onDownstreamClosed();
  }

  #gone(detail: string): void {
    this.#answering = false;
    this.#state = CLOSED;
    this.#exchange.onDownstreamGone(detail);
  }
}
