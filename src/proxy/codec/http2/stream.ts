// @hot
// One stream: its two halves, its windows, and what waits to be sent on it (RFC 9113 sections 5.1 and 5.2).
import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import { LARGEST_WINDOW_BYTES } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Pieces that waiting streams send in turn, bytes. */
const TURN_BYTES = 16_384;

// Why a stream ends before its time.
/** The peer has reset it. */
export const BY_PEER = 0;
/** What the peer sent on it was wrong. */
export const BY_ERROR = 1;
/** Its connection has ended. */
export const BY_CONNECTION = 2;
/** The peer has said that nothing was done for it. */
export const UNPROCESSED = 3;

/** The connection, as its streams see it. */
export interface StreamOwner {
  readonly writer: FrameWriter;
  /** Bytes that all streams together may send. */
  readonly sendWindow: number;
  /** What a stream may be sent before it gives credit, bytes. */
  readonly streamWindow: number;
  /** Data has been written: it takes from the window. */
  sent(bytes: number): void;
  /** The stream is to be told when it may go on. */
  wait(stream: Http2Stream): void;
  /** Bytes that nobody takes for now, and that they are taken after all. */
  hold(bytes: number): void;
  release(bytes: number): void;
  writeTrailers(stream: number, trailers: string): void;
  /** Both halves may have ended. */
  closeIfDone(stream: Http2Stream): void;
  resetStream(stream: Http2Stream, code: number): void;
}

export abstract class Http2Stream {
  readonly connection: StreamOwner;
  /** 0 = it is not open. */
  id = 0;
  /** The peer has ended its half. */
  remoteEnded = false;
  /** We have ended ours, and everything has left. */
  localEnded = false;
  /** Bytes that we may send; it may be negative. */
  sendWindow = 0;
  /** Bytes that the peer may send. */
  #receiveWindow = 0;
  /** Of the body that comes: what its head said, −1 = nothing; and what has come. */
  protected expectedBytes = -1;
  #receivedBytes = 0;
  /** Bytes that were received and not given back to the peer's window. */
  #uncredited = 0;
  /** What is received is held: the other side has not taken it. */
  #paused = false;
  /** The end is to follow what waits. */
  #endWaits = false;
  #trailers = '';
  /** What the windows or the socket do not take yet. */
  readonly #waiting: Buffer[] = [];
  // The frame written last, as long as it can still be marked as the end.
  #frameBatch = -1;
  #frameStart = 0;

  constructor(connection: StreamOwner) {
    this.connection = connection;
  }

  /** Data has come, checked and counted. */
  abstract onData(bytes: Buffer, start: number, end: number): void;
  /** The peer's half has ended. */
  abstract onEnd(trailers: string): void;
  /** After a write had answered `false`: go on. */
  abstract onWritable(): void;
  /** It has ended before its time: by a cause of those above, and an error code where it was reset. */
  abstract onReset(cause: number, code: number, problem: string): void;
  /** The bytes of one read have been handed on. */
  abstract onBatchEnd(): void;

  get waiting(): boolean {
    return this.#waiting.length > 0 || this.#endWaits;
  }

  /** It has data and no window for it. */
  get mustWait(): boolean {
    return this.waiting && (this.sendWindow <= 0 || this.connection.sendWindow <= 0);
  }

  protected open(id: number, sendWindow: number, receiveWindow: number): void {
    this.id = id;
    this.sendWindow = sendWindow;
    this.#receiveWindow = receiveWindow;
    this.remoteEnded = false;
    this.localEnded = false;
    this.expectedBytes = -1;
    this.#receivedBytes = 0;
    this.#uncredited = 0;
    this.#paused = false;
    this.#endWaits = false;
    this.#trailers = '';
    this.#frameBatch = -1;
  }

  // ── sending ──

  /** False = wait for `onWritable`. */
  sendData(bytes: Buffer, start: number, end: number): boolean {
    if (this.id === 0) return false;
    if (this.#waiting.length === 0) start = this.#write(bytes, start, end, end - start);
    if (start < end) this.#waiting.push(bytes.subarray(start, end));
    if (this.#waiting.length === 0 && !this.connection.writer.blocked) return true;
    this.connection.wait(this);
    return false;
  }

  /** Ends our half behind what waits. */
  sendEnd(trailers: string): void {
    if (this.id === 0 || this.localEnded) return;
    this.#trailers = trailers;
    if (this.#waiting.length > 0) this.#endWaits = true;
    else this.#end();
  }

  /** A header block was written for this stream, and may still be marked as its end. */
  protected noteFrame(): void {
    const { writer } = this.connection;
    this.#frameBatch = writer.batch;
    this.#frameStart = writer.frameStart;
  }

  /** Sends a turn's worth of what waits; true = there is nothing left. */
  pump(): boolean {
    const piece = this.#waiting[0];
    if (piece !== undefined) {
      const sent = this.#write(piece, 0, piece.length, TURN_BYTES);
      if (sent === piece.length) this.#waiting.shift();
      else this.#waiting[0] = piece.subarray(sent);
    }
    if (this.#waiting.length > 0) return false;
    if (this.#endWaits) this.#end();
    return true;
  }

  /** False = the window would be larger than there are numbers for it. */
  widen(increment: number): boolean {
    this.sendWindow += increment;
    return this.sendWindow <= LARGEST_WINDOW_BYTES;
  }

  /** Writes what windows and socket take, at most `most` bytes; answers the offset behind it. */
  #write(bytes: Buffer, start: number, end: number, most: number): number {
    const { connection } = this;
    const { writer } = connection;
    let left = Math.min(end - start, most);
    while (left > 0 && !writer.blocked) {
      const length = Math.min(left, this.sendWindow, connection.sendWindow, writer.maxFrameBytes);
      if (length <= 0) break;
      writer.data(this.id, bytes, start, start + length);
      this.#frameBatch = writer.batch;
      this.#frameStart = writer.frameStart;
      this.sendWindow -= length;
      connection.sent(length);
      start += length;
      left -= length;
    }
    return start;
  }

  #end(): void {
    const { connection, id } = this;
    const { writer } = connection;
    this.#endWaits = false;
    this.localEnded = true;
    if (this.#trailers !== '') connection.writeTrailers(id, this.#trailers);
    else if (this.#frameBatch === writer.batch && this.#frameStart >= 0) writer.markEnd(this.#frameStart);
    else writer.endOfStream(id);
    this.onSent();
    connection.closeIfDone(this);
  }

  /** Our half has been sent whole. */
  protected onSent(): void {}

  // ── receiving ──

  pauseReading(): void {
    if (this.#paused || this.id === 0) return;
    this.#paused = true;
    this.connection.hold(this.#uncredited);
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.connection.release(this.#uncredited);
    this.#credit();
  }

  /** Takes a piece of DATA of `flowBytes` with padding. Answers NO_ERROR (0) or the error that the stream ends with. */
  receive(bytes: Buffer, start: number, end: number, flowBytes: number): number {
    this.#receiveWindow -= flowBytes;
    if (this.#receiveWindow < 0) return FLOW_CONTROL_ERROR;
    this.#receivedBytes += end - start;
    if (this.expectedBytes >= 0 && this.#receivedBytes > this.expectedBytes) return PROTOCOL_ERROR;
    this.#uncredited += flowBytes;
    if (this.#paused) this.connection.hold(flowBytes);
    if (end > start) this.onData(bytes, start, end);
    if (!this.#paused && this.id !== 0) this.#credit();
    return NO_ERROR;
  }

  /** What has come is what was said. */
  get lengthIsRight(): boolean {
    return this.expectedBytes < 0 || this.#receivedBytes === this.expectedBytes;
  }

  /** Stops at once, both ways. */
  reset(code: number): void {
    if (this.id !== 0) this.connection.resetStream(this, code);
  }

  /** It is closed: what waits and what is held is forgotten. */
  close(): void {
    if (this.#paused) this.connection.release(this.#uncredited);
    this.#paused = false;
    this.#uncredited = 0;
    if (this.#waiting.length > 0) this.#waiting.length = 0;
    this.#endWaits = false;
    this.id = 0;
    this.onClosed();
  }

  /** The last call for this exchange of messages: the object may be used again. */
  protected abstract onClosed(): void;

  /** Gives back what the other side took, in large steps. */
  #credit(): void {
    if (this.remoteEnded || this.#uncredited * 2 < this.connection.streamWindow) return;
    this.connection.writer.windowUpdate(this.id, this.#uncredited);
    this.#receiveWindow += this.#uncredited;
    this.#uncredited = 0;
  }
}
