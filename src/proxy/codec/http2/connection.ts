// @hot
// What both sides of an HTTP/2 connection do with the frames that come (RFC 9113).
import type { Socket } from 'node:net';
import type { TimerWheel } from '../../../base/timer-wheel.ts';
import {
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  NO_ERROR,
  nameOfErrorCode,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
} from './error-code.ts';
import { FLOOD_CONTROL, FLOOD_EMPTY, FLOOD_RESET } from './flood-guard.ts';
import { LARGEST_WINDOW_BYTES } from './frame.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { type FieldSink, HpackDecoder } from './hpack/hpack-decoder.ts';
import type { Http2Commons } from './http2-commons.ts';
import { RepeatedTrailers } from './repeated-trailers.ts';
import { PeerSettings } from './settings.ts';
import { BY_PEER, type Http2Stream } from './stream.ts';
import { StreamCarrier } from './stream-carrier.ts';

/** Of answers to control frames that a peer does not read, bytes. */
const MAX_BACKLOG_BYTES = 1_048_576;

export abstract class Http2Connection<S extends Http2Stream> extends StreamCarrier<S> implements FrameSink {
  protected readonly peer = new PeerSettings();
  readonly #reader: FrameReader;
  readonly #decoder = new HpackDecoder();
  readonly #trailers = new RepeatedTrailers();
  /** Streams that the read in work has told something. */
  readonly #touched: S[] = [];
  #touchedCount = 0;
  #settingsReceived = false;

  constructor(socket: Socket, commons: Http2Commons, wheel: TimerWheel) {
    super(socket, commons, wheel);
    this.#reader = new FrameReader(this, commons.text.maxBlockBytes);
  }

  protected get settingsReceived(): boolean {
    return this.#settingsReceived;
  }

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
  protected abstract onFirstSettings(): void;
  protected abstract onPingAck(): void;

  // ── reading ──

  /** Takes bytes that the socket has delivered. */
  protected override onBytes(bytes: Buffer, from = 0): void {
    if (this.dead) return;
    this.#reader.read(bytes, from);
    for (let index = 0; index < this.#touchedCount; index += 1) (this.#touched[index] as S).onBatchEnd();
    this.#touchedCount = 0;
  }

  protected override stopReading(): void {
    this.#reader.stop();
    this.#touchedCount = 0;
  }

  /** The stream is told when the read in work has been handed on. */
  protected touch(stream: S): void {
    this.#touched[this.#touchedCount] = stream;
    this.#touchedCount += 1;
  }

  /** False = the connection has ended, because the block cannot be decoded. */
  protected decode(bytes: Buffer, start: number, end: number, sink: FieldSink): boolean {
    if (this.#decoder.decode(bytes, start, end, this.commons.text, sink)) return true;
    this.onConnectionError(COMPRESSION_ERROR, this.#decoder.problem);
    return false;
  }

  /** What a block was decoded into is so again as long as this is the same. */
  protected get tableVersion(): number {
    return this.#decoder.table.version;
  }

  /** The block decoded last was longer than the limit. */
  protected get blockOverflowed(): boolean {
    return this.#decoder.overflowed;
  }

  /** Decodes a block that nobody wants: the table must follow. */
  protected skipBlock(bytes: Buffer, start: number, end: number): void {
    this.commons.trailers.begin(this.commons.text);
    this.decode(bytes, start, end, this.commons.trailers);
  }

  protected readTrailers(stream: S, bytes: Buffer, start: number, end: number, endStream: boolean): void {
    const { trailers, text, stats } = this.commons;
    const version = this.tableVersion;
    const known = this.#trailers.find(bytes, start, end, version);
    if (known === null) trailers.begin(text);
    if (known === null && !this.decode(bytes, start, end, trailers)) return;
    if (stream.remoteEnded) this.streamError(stream, STREAM_CLOSED, 'HEADERS behind the end of the stream');
    else if (!endStream) this.streamError(stream, PROTOCOL_ERROR, 'trailers that do not end the stream');
    else if (known !== null) {
      stats.trailers += 1;
      this.#endRemote(stream, known);
    } else if (trailers.problem !== '') this.streamError(stream, PROTOCOL_ERROR, trailers.problem);
    else if (this.blockOverflowed) {
      stats.headerOverflows += 1;
      this.streamError(stream, ENHANCE_YOUR_CALM, 'trailers that are longer than the limit');
    } else {
      stats.trailers += 1;
      const said = trailers.end(text);
      if (version === this.tableVersion) this.#trailers.keep(bytes, start, end, version, said);
      this.#endRemote(stream, said);
    }
  }

  onData(id: number, bytes: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void {
    if (!this.window.take(flowBytes)) {
      this.onConnectionError(FLOW_CONTROL_ERROR, 'more data than the window of the connection allows');
      return;
    }
    if (end > start) this.guard.useful();
    else if (!endStream && !this.spend(FLOOD_EMPTY, 'DATA frames without data')) return;
    const stream = this.streams.get(id);
    if (stream === undefined) this.#dataForNobody(id);
    else if (stream.remoteEnded) this.streamError(stream, STREAM_CLOSED, 'DATA behind the end of the stream');
    else this.#dataFor(stream, bytes, start, end, flowBytes, endStream);
    this.credit();
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
    else if (!this.wasReset(id)) this.refuseStream(id, STREAM_CLOSED);
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
    this.forgetReset(id);
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    this.commons.stats.resetReceived(code);
    if (!this.spend(FLOOD_RESET, 'streams that were reset')) return;
    this.remove(stream);
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
    else this.refuseStream(id, code);
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
    this.waiting.pump();
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
    if (!ack) this.commons.stats.pingsReceived += 1;
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
    this.waiting.pump();
  }

  /** Counts a frame that carries nothing; false = it was one too many, and the connection has ended. */
  protected control(): boolean {
    return this.writer.backlog <= MAX_BACKLOG_BYTES && this.spend(FLOOD_CONTROL, 'frames that carry nothing');
  }
}
