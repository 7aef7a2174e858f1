// @hot
// What both sides of an HTTP/2 connection have in common: settings, windows, the life of streams, and how all of it ends (RFC 9113).
import type { Socket } from 'node:net';
import { codeOf } from '../../../base/coded-error.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../../base/timer-wheel.ts';
import { encodeTrailers } from './encode-head.ts';
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  NO_ERROR,
  nameOfErrorCode,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
} from './error-code.ts';
import { FLOOD_CONTROL, FLOOD_EMPTY, FLOOD_RESET, FloodGuard } from './flood-guard.ts';
import { DEFAULT_WINDOW_BYTES, LARGEST_WINDOW_BYTES } from './frame.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { type FieldSink, HpackDecoder } from './hpack/hpack-decoder.ts';
import { HpackEncoder } from './hpack/hpack-encoder.ts';
import { PeerSettings } from './settings.ts';
import type { Http2Shared } from './shared.ts';
import { BY_CONNECTION, BY_ERROR, BY_PEER, type Http2Stream, type StreamOwner } from './stream.ts';

/** What one stream may be sent before its other side has taken it, bytes. */
export const STREAM_WINDOW_BYTES = 262_144;
/** What all streams may be sent before we have seen it, bytes. It is given back on receipt, so that no stream stalls the others … */
const CONNECTION_WINDOW_BYTES = 1_048_576;
/** … but while more than this is held by streams whose other side takes nothing, bytes. */
const MAX_HELD_BYTES = 8_388_608;
/** Of answers to control frames that a peer does not read, bytes. */
const MAX_BACKLOG_BYTES = 1_048_576;
/** How long a connection that is over may take to send what it has, ms. */
const LINGER_MS = 1_000;
/** Streams that we have reset: what is on its way for them is no error. */
const MAX_REMEMBERED_RESETS = 256;

export abstract class Http2Connection<S extends Http2Stream> implements FrameSink, StreamOwner, TimerOwner {
  readonly socket: Socket;
  readonly writer: FrameWriter;
  readonly streamWindow = STREAM_WINDOW_BYTES;
  sendWindow = DEFAULT_WINDOW_BYTES;
  /** Nothing more is read, and no stream is left. */
  protected dead = false;
  protected readonly shared: Http2Shared;
  protected readonly wheel: TimerWheel;
  protected readonly timer: WheelTimer;
  protected readonly peer = new PeerSettings();
  protected readonly streams = new Map<number, S>();
  protected readonly encoder = new HpackEncoder();
  protected readonly guard: FloodGuard;
  /** Why the socket ends, '' = nobody has said. */
  protected failure = '';
  readonly #reader: FrameReader;
  readonly #decoder = new HpackDecoder();
  readonly #waiting = new Set<Http2Stream>();
  readonly #resets = new Set<number>();
  /** Streams that the read in work has told something. */
  readonly #touched: S[] = [];
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #uncredited = 0;
  #held = 0;
  #settingsReceived = false;

  constructor(socket: Socket, shared: Http2Shared, wheel: TimerWheel) {
    this.socket = socket;
    this.shared = shared;
    this.wheel = wheel;
    this.timer = new WheelTimer(this);
    this.guard = new FloodGuard(shared.now);
    this.writer = new FrameWriter(socket, shared.queue);
    this.#reader = new FrameReader(this, shared.text.maxBlockBytes);
    socket.on('data', (bytes: Buffer) => this.onBytes(bytes));
    socket.on('drain', () => this.#pump());
    socket.on('end', () => this.#onSocketEnd());
    socket.on('error', (error) => {
      if (this.failure === '') this.failure = codeOf(error);
    });
    socket.on('close', () => this.#onSocketClosed());
  }

  /** Streams that are open. */
  get active(): number {
    return this.streams.size;
  }

  protected get settingsReceived(): boolean {
    return this.#settingsReceived;
  }

  abstract onTimer(timer: WheelTimer): void;

  // ── what the two sides do differently ──

  /** A whole header block, which is to be decoded with `decode` whatever it says. */
  abstract onHeaders(
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
    endStream: boolean,
    dependsOnItself: boolean,
  ): void;
  abstract onHeadersBegun(): void;
  abstract onGoAway(lastStream: number, code: number): void;
  /** The stream has never been opened. */
  protected abstract isIdle(id: number): boolean;
  /** The last stream that the peer opened and that we have looked at. */
  protected abstract lastStream(): number;
  protected abstract onFirstSettings(): void;
  protected abstract onPingAck(): void;
  /** A stream is gone. */
  protected abstract onStreamClosed(stream: S): void;
  /** The socket is closed, and no stream is left. */
  protected abstract onClosed(): void;

  // ── reading ──

  /** Takes bytes that the socket has delivered. */
  protected onBytes(bytes: Buffer, from = 0): void {
    if (this.dead) return;
    this.#reader.read(bytes, from);
    for (let index = 0; index < this.#touched.length; index += 1) (this.#touched[index] as S).onBatchEnd();
    this.#touched.length = 0;
  }

  /** The stream is told when the read in work has been handed on. */
  protected touch(stream: S): void {
    this.#touched.push(stream);
  }

  /** False = the connection has ended, because the block cannot be decoded. */
  protected decode(bytes: Buffer, start: number, end: number, sink: FieldSink): boolean {
    if (this.#decoder.decode(bytes, start, end, this.shared.text, sink)) return true;
    this.onConnectionError(COMPRESSION_ERROR, this.#decoder.problem);
    return false;
  }

  /** The block decoded last was longer than the limit. */
  protected get blockOverflowed(): boolean {
    return this.#decoder.overflowed;
  }

  /** Decodes a block that nobody wants: the table must follow. */
  protected skipBlock(bytes: Buffer, start: number, end: number): void {
    this.shared.trailers.begin(this.shared.text);
    this.decode(bytes, start, end, this.shared.trailers);
  }

  protected readTrailers(stream: S, bytes: Buffer, start: number, end: number, endStream: boolean): void {
    const { trailers, text } = this.shared;
    trailers.begin(text);
    if (!this.decode(bytes, start, end, trailers)) return;
    if (stream.remoteEnded) this.streamError(stream, STREAM_CLOSED, 'HEADERS behind the end of the stream');
    else if (!endStream) this.streamError(stream, PROTOCOL_ERROR, 'trailers that do not end the stream');
    else if (trailers.problem !== '') this.streamError(stream, PROTOCOL_ERROR, trailers.problem);
    else if (this.blockOverflowed)
      this.streamError(stream, ENHANCE_YOUR_CALM, 'trailers that are longer than the limit');
    else this.#endRemote(stream, trailers.end(text));
  }

  onData(id: number, bytes: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void {
    this.#receiveWindow -= flowBytes;
    if (this.#receiveWindow < 0) {
      this.onConnectionError(FLOW_CONTROL_ERROR, 'more data than the window of the connection allows');
      return;
    }
    this.#uncredited += flowBytes;
    if (end > start) this.guard.useful();
    else if (!endStream && !this.#spend(FLOOD_EMPTY, 'DATA frames without data')) return;
    const stream = this.streams.get(id);
    if (stream === undefined) this.#dataForNobody(id);
    else if (stream.remoteEnded) this.streamError(stream, STREAM_CLOSED, 'DATA behind the end of the stream');
    else this.#dataFor(stream, bytes, start, end, flowBytes, endStream);
    this.#credit();
  }

  #dataFor(stream: S, bytes: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void {
    const { id } = stream;
    this.touch(stream);
    const error = stream.receive(bytes, start, end, flowBytes);
    // What was handed on may have ended the stream.
    if (stream.id !== id) return;
    if (error === FLOW_CONTROL_ERROR) this.streamError(stream, error, 'more data than the window of the stream allows');
    else if (error !== NO_ERROR) this.streamError(stream, error, 'more data than the Content-Length says');
    else if (endStream) this.#endRemote(stream, '');
  }

  #dataForNobody(id: number): void {
    if (this.isIdle(id)) this.onConnectionError(PROTOCOL_ERROR, 'DATA on a stream that was not opened');
    else if (!this.#resets.has(id)) this.#refuse(id, STREAM_CLOSED);
  }

  /** The peer has ended its half of the stream. */
  #endRemote(stream: S, trailers: string): void {
    if (!stream.lengthIsRight) {
      this.streamError(stream, PROTOCOL_ERROR, 'less data than the Content-Length says');
      return;
    }
    stream.remoteEnded = true;
    this.touch(stream);
    const { id } = stream;
    stream.onEnd(trailers);
    if (stream.id === id) this.closeIfDone(stream);
  }

  /** The head of a message has come with the end of its stream. */
  protected endWithHead(stream: S): void {
    this.#endRemote(stream, '');
  }

  onReset(id: number, code: number): void {
    if (this.isIdle(id)) {
      this.onConnectionError(PROTOCOL_ERROR, 'RST_STREAM of a stream that was not opened');
      return;
    }
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    if (!this.#spend(FLOOD_RESET, 'streams that were reset')) return;
    this.#remove(stream);
    stream.onReset(BY_PEER, code, `the stream was reset with ${nameOfErrorCode(code)}`);
    stream.close();
  }

  onPriority(): void {
    this.control();
  }

  onUnknown(): void {
    this.control();
  }

  onStreamError(id: number, code: number, problem: string): void {
    const stream = this.streams.get(id);
    if (stream !== undefined) this.streamError(stream, code, problem);
    else if (this.isIdle(id)) this.onConnectionError(code, problem);
    else this.#refuse(id, code);
  }

  onSettings(bytes: Buffer, start: number, end: number): void {
    const before = this.peer.windowBytes;
    const error = this.peer.apply(bytes, start, end);
    if (error !== NO_ERROR) {
      this.onConnectionError(error, 'a setting with a value that it must not have');
      return;
    }
    this.encoder.setPeerLimit(this.peer.headerTableBytes);
    const change = this.peer.windowBytes - before;
    if (change !== 0 && !this.#moveWindows(change)) return;
    this.writer.settingsAck();
    if (!this.control()) return;
    if (!this.#settingsReceived) {
      this.#settingsReceived = true;
      this.onFirstSettings();
    }
    this.#pump();
  }

  /** Source: RFC 9113 section 6.9.2. */
  #moveWindows(change: number): boolean {
    for (const stream of this.streams.values()) {
      if (stream.widen(change)) continue;
      this.onConnectionError(FLOW_CONTROL_ERROR, 'a setting that makes a window too large');
      return false;
    }
    return true;
  }

  onSettingsAck(): void {
    this.control();
  }

  onPing(bytes: Buffer, start: number, ack: boolean): void {
    if (!this.control()) return;
    if (ack) this.onPingAck();
    else this.writer.ping(bytes, start, true);
  }

  onWindowUpdate(id: number, increment: number): void {
    if (!this.control()) return;
    if (id === 0) {
      this.sendWindow += increment;
      if (this.sendWindow > LARGEST_WINDOW_BYTES) {
        this.onConnectionError(FLOW_CONTROL_ERROR, 'a window of the connection that is too large');
        return;
      }
    } else {
      const stream = this.streams.get(id);
      if (stream === undefined) {
        if (this.isIdle(id)) this.onConnectionError(PROTOCOL_ERROR, 'WINDOW_UPDATE of a stream that was not opened');
        return;
      }
      if (!stream.widen(increment)) this.streamError(stream, FLOW_CONTROL_ERROR, 'a window that is too large');
    }
    this.#pump();
  }

  /** Counts a frame that carries nothing; false = it was one too many, and the connection has ended. */
  protected control(): boolean {
    return this.writer.backlog <= MAX_BACKLOG_BYTES && this.#spend(FLOOD_CONTROL, 'frames that carry nothing');
  }

  /** False = it was one too many, and the connection has ended. */
  #spend(bucket: number, what: string): boolean {
    if (this.guard.take(bucket)) return true;
    this.onConnectionError(ENHANCE_YOUR_CALM, `too many ${what}`);
    return false;
  }

  // ── windows ──

  sent(bytes: number): void {
    this.sendWindow -= bytes;
    this.guard.useful();
  }

  wait(stream: Http2Stream): void {
    this.#waiting.add(stream);
  }

  /** Streams that cannot send what they have. */
  protected get stalled(): boolean {
    return this.#waiting.size > 0;
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    this.#credit();
  }

  /** Lets the streams that wait go on in turn, as far as windows and socket allow. */
  #pump(): void {
    for (let progress = true; progress && this.#waiting.size > 0 && !this.dead; ) {
      progress = false;
      for (const stream of this.#waiting) {
        if (this.writer.blocked) return;
        if (stream.waiting && (stream.sendWindow <= 0 || this.sendWindow <= 0)) continue;
        progress = true;
        if (!stream.pump()) continue;
        this.#waiting.delete(stream);
        if (stream.id !== 0 && !stream.localEnded) stream.onWritable();
      }
    }
  }

  #credit(): void {
    if (this.#uncredited * 2 < CONNECTION_WINDOW_BYTES || this.#held > MAX_HELD_BYTES || this.dead) return;
    this.writer.windowUpdate(0, this.#uncredited);
    this.#receiveWindow += this.#uncredited;
    this.#uncredited = 0;
  }

  /** Makes the window of the connection as large as ours are. */
  protected openWindow(): void {
    this.writer.windowUpdate(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  }

  writeTrailers(id: number, trailers: string): void {
    const { block } = this.shared;
    encodeTrailers(this.encoder, trailers, block);
    this.writer.headers(id, block, true);
  }

  // ── ends ──

  closeIfDone(stream: Http2Stream): void {
    if (!stream.remoteEnded || !stream.localEnded) return;
    this.#remove(stream);
    stream.close();
  }

  /** What we want: nobody is told but the peer. */
  resetStream(stream: Http2Stream, code: number): void {
    const { id } = stream;
    this.#remove(stream);
    this.#sendReset(id, code);
    stream.close();
  }

  /** What the peer has done wrong with a stream ends it. */
  protected streamError(stream: S, code: number, problem: string): void {
    if (!this.#spend(FLOOD_RESET, 'streams with errors')) return;
    this.#remove(stream);
    this.#sendReset(stream.id, code);
    stream.onReset(BY_ERROR, code, problem);
    stream.close();
  }

  /** Ends a stream that we do not have. */
  protected refuseStream(id: number, code: number): void {
    this.#refuse(id, code);
  }

  #refuse(id: number, code: number): void {
    if (this.#spend(FLOOD_RESET, 'streams with errors')) this.#sendReset(id, code);
  }

  #sendReset(id: number, code: number): void {
    if (this.dead) return;
    this.writer.reset(id, code);
    this.#resets.add(id);
    if (this.#resets.size <= MAX_REMEMBERED_RESETS) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      return;
    }
  }

  protected wasReset(id: number): boolean {
    return this.#resets.has(id);
  }

  #remove(stream: Http2Stream): void {
    const own = this.streams.get(stream.id);
    this.streams.delete(stream.id);
    this.#waiting.delete(stream);
    if (own !== undefined) this.onStreamClosed(own);
  }

  /** The connection is over because of what the peer did. */
  onConnectionError(code: number, problem: string): void {
    if (this.dead) return;
    if (this.failure === '') this.failure = problem;
    this.finish(code, problem);
  }

  /** Ends a stream of which the peer need not be told. */
  protected dropStream(stream: S, cause: number, problem: string): void {
    this.#remove(stream);
    stream.onReset(cause, NO_ERROR, problem);
    stream.close();
  }

  /** Says why, ends every stream, and closes behind what was written. */
  protected finish(code: number, problem: string): void {
    this.writer.goAway(this.lastStream(), code, problem);
    this.writer.flush();
    this.#stop();
    this.socket.end();
    this.socket.resume();
    this.wheel.set(this.timer, LINGER_MS);
  }

  /** Ends the connection at once. */
  destroy(): void {
    if (!this.dead) this.#stop();
    this.socket.destroy();
  }

  #stop(): void {
    this.dead = true;
    this.#reader.stop();
    for (const stream of this.streams.values()) {
      this.dropStream(stream, BY_CONNECTION, this.failure === '' ? 'the connection was closed' : this.failure);
    }
    this.#waiting.clear();
    this.#touched.length = 0;
  }

  #onSocketEnd(): void {
    if (this.failure === '') this.failure = 'it closed the connection';
    if (this.dead) this.socket.end();
    else this.destroy();
  }

  #onSocketClosed(): void {
    this.wheel.cancel(this.timer);
    if (!this.dead) this.#stop();
    this.writer.discard();
    this.onClosed();
  }
}
