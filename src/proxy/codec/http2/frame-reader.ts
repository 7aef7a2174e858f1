// @hot
// Bytes of a connection → frames (RFC 9113 sections 4 and 6): sizes and places checked, header blocks joined, DATA handed on as it comes.
import { ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import {
  CONTINUATION,
  DATA,
  DEFAULT_MAX_FRAME_BYTES,
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FLAG_PRIORITY,
  FRAME_HEAD_BYTES,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import { HeaderBlock } from './header-block.ts';

/**
 * What a connection does with its frames. Bytes are valid during the call; those of DATA are never overwritten, so they may be kept.
 * After `onConnectionError` nothing more is handed on.
 */
export interface FrameSink {
  /** A piece of a frame's data, or all of it. `flowBytes`: what it takes of the windows, padding included. `endStream`: with the last piece. */
  onData(stream: number, bytes: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void;
  /** A whole header block. `dependsOnItself`: its priority says so, which is an error of the stream. */
  onHeaders(
    stream: number,
    bytes: Buffer,
    start: number,
    end: number,
    endStream: boolean,
    dependsOnItself: boolean,
  ): void;
  /** A HEADERS frame that is not the whole of its block: the rest must come in time. */
  onHeadersBegun(): void;
  onPriority(stream: number): void;
  onReset(stream: number, code: number): void;
  /** Whole pairs of identifier and value. */
  onSettings(bytes: Buffer, start: number, end: number): void;
  onSettingsAck(): void;
  /** Eight bytes from `start` on. */
  onPing(bytes: Buffer, start: number, ack: boolean): void;
  onGoAway(lastStream: number, code: number): void;
  /** `increment` > 0; stream 0 is the connection. */
  onWindowUpdate(stream: number, increment: number): void;
  /** A frame of a type that is not known: to be ignored. */
  onUnknown(): void;
  onStreamError(stream: number, code: number, problem: string): void;
  onConnectionError(code: number, problem: string): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #block: HeaderBlock;
  #stopped = false;
  /** A frame whose bytes have not all come; `null` = none. While it is the head alone, nine bytes long. */
  #partial: Buffer | null = null;
  #filled = 0;
  // A DATA frame of which a piece has come.
  #dataStream = 0;
  /** Of its data and of its padding, still to come. */
  #dataLeft = 0;
  #paddingLeft = 0;
  #dataEndsStream = false;

  /** `maxBlockBytes`: of a header block. */
  constructor(sink: FrameSink, maxBlockBytes: number) {
    this.#sink = sink;
    this.#block = new HeaderBlock(maxBlockBytes);
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#partial = null;
  }

  /** Takes bytes from `at` on, however they are cut. */
  read(bytes: Buffer, at: number): void {
    while (at < bytes.length && !this.#stopped) {
      if (this.#dataLeft + this.#paddingLeft > 0) at = this.#readData(bytes, at);
      else if (this.#partial !== null) at = this.#fill(bytes, at);
      else at = this.#readFrame(bytes, at);
    }
  }

  /** A frame that begins at `at`. */
  #readFrame(bytes: Buffer, at: number): number {
    const here = bytes.length - at;
    if (here < FRAME_HEAD_BYTES) return this.#keep(bytes, at, FRAME_HEAD_BYTES);
    const length = lengthAt(bytes, at);
    if (length > DEFAULT_MAX_FRAME_BYTES) {
      this.#fail(FRAME_SIZE_ERROR, `a frame of ${length} bytes, more than the ${DEFAULT_MAX_FRAME_BYTES} allowed`);
      return bytes.length;
    }
    const padded = ((bytes[at + 4] as number) & FLAG_PADDED) !== 0;
    if (bytes[at + 3] === DATA && (!padded || here > FRAME_HEAD_BYTES)) return this.#beginData(bytes, at, length);
    const size = FRAME_HEAD_BYTES + length;
    if (here < size) return this.#keep(bytes, at, size);
    this.#take(bytes, at, length);
    return at + size;
  }

  /** Keeps the beginning of a frame of `size` bytes. */
  #keep(bytes: Buffer, at: number, size: number): number {
    this.#partial = Buffer.allocUnsafe(size);
    this.#filled = bytes.copy(this.#partial, 0, at);
    return bytes.length;
  }

  #fill(bytes: Buffer, at: number): number {
    const partial = this.#partial as Buffer;
    const copied = bytes.copy(partial, this.#filled, at);
    this.#filled += copied;
    if (this.#filled < partial.length) return at + copied;
    this.#partial = null;
    // A head alone asks for more room and is kept again, unless its frame needs no more.
    const taken = this.#readFrame(partial, 0);
    if (taken < partial.length) this.read(partial, taken);
    return at + copied;
  }

  #beginData(bytes: Buffer, at: number, length: number): number {
    const stream = streamAt(bytes, at);
    const flags = bytes[at + 4] as number;
    const padded = (flags & FLAG_PADDED) !== 0;
    if (stream === 0) return this.#failAt(bytes, 'DATA on stream 0');
    if (this.#block.stream !== 0) return this.#failAt(bytes, 'DATA within a header block');
    if (padded && length === 0) return this.#failAt(bytes, 'DATA without room for the length of its padding');
    const padding = padded ? (bytes[at + FRAME_HEAD_BYTES] as number) : 0;
    const overhead = padded ? padding + 1 : 0;
    if (overhead > length) return this.#failAt(bytes, 'padding that is longer than its frame');
    this.#dataStream = stream;
    this.#dataEndsStream = (flags & FLAG_END_STREAM) !== 0;
    this.#dataLeft = length - overhead;
    this.#paddingLeft = padding;
    const start = at + FRAME_HEAD_BYTES + (padded ? 1 : 0);
    if (padded) this.#handData(bytes, start, start, 1);
    else if (length === 0) this.#handData(bytes, start, start, 0);
    return start;
  }

  /** Data and padding of the frame in work. Padding counts for the windows. */
  #readData(bytes: Buffer, at: number): number {
    const dataEnd = Math.min(bytes.length, at + this.#dataLeft);
    const data = dataEnd - at;
    this.#dataLeft -= data;
    let end = dataEnd;
    if (this.#dataLeft === 0) {
      end = Math.min(bytes.length, dataEnd + this.#paddingLeft);
      this.#paddingLeft -= end - dataEnd;
    }
    this.#handData(bytes, at, dataEnd, end - at);
    return end;
  }

  #handData(bytes: Buffer, start: number, end: number, flowBytes: number): void {
    const last = this.#dataLeft + this.#paddingLeft === 0;
    this.#sink.onData(this.#dataStream, bytes, start, end, flowBytes, last && this.#dataEndsStream);
  }

  /** A frame other than DATA that has come whole (or DATA without the byte that tells its padding). */
  #take(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 3] as number;
    const stream = streamAt(bytes, at);
    const start = at + FRAME_HEAD_BYTES;
    if (this.#block.stream !== 0 && (type !== CONTINUATION || stream !== this.#block.stream)) {
      this.#fail(PROTOCOL_ERROR, 'another frame within a header block');
      return;
    }
    switch (type) {
      case DATA:
        this.#fail(PROTOCOL_ERROR, 'DATA without room for the length of its padding');
        return;
      case HEADERS:
        this.#takeHeaders(bytes, at, start, start + length, stream);
        return;
      case CONTINUATION:
        this.#takeContinuation(bytes, at, start, start + length);
        return;
      case SETTINGS:
        this.#takeSettings(bytes, at, length, stream);
        return;
      case PING:
        if (stream !== 0) this.#fail(PROTOCOL_ERROR, 'PING on a stream');
        else if (length !== 8) this.#fail(FRAME_SIZE_ERROR, `PING of ${length} bytes`);
        else this.#sink.onPing(bytes, start, ((bytes[at + 4] as number) & FLAG_ACK) !== 0);
        return;
      case GOAWAY:
        if (stream !== 0) this.#fail(PROTOCOL_ERROR, 'GOAWAY on a stream');
        else if (length < 8) this.#fail(FRAME_SIZE_ERROR, `GOAWAY of ${length} bytes`);
        else this.#sink.onGoAway(bytes.readUInt32BE(start) & 0x7fffffff, bytes.readUInt32BE(start + 4));
        return;
      case PUSH_PROMISE:
        this.#fail(PROTOCOL_ERROR, 'PUSH_PROMISE, which is not allowed here');
        return;
      default:
        this.#takeStreamFrame(bytes, type, start, length, stream);
    }
  }

  #takeStreamFrame(bytes: Buffer, type: number, start: number, length: number, stream: number): void {
    const sink = this.#sink;
    if (type === WINDOW_UPDATE) {
      if (length !== 4) this.#fail(FRAME_SIZE_ERROR, `WINDOW_UPDATE of ${length} bytes`);
      else this.#takeWindowUpdate(bytes.readUInt32BE(start) & 0x7fffffff, stream);
    } else if (type === RST_STREAM) {
      if (stream === 0) this.#fail(PROTOCOL_ERROR, 'RST_STREAM on stream 0');
      else if (length !== 4) this.#fail(FRAME_SIZE_ERROR, `RST_STREAM of ${length} bytes`);
      else sink.onReset(stream, bytes.readUInt32BE(start));
    } else if (type === PRIORITY) {
      if (stream === 0) this.#fail(PROTOCOL_ERROR, 'PRIORITY on stream 0');
      else if (length !== 5) sink.onStreamError(stream, FRAME_SIZE_ERROR, `PRIORITY of ${length} bytes`);
      else if ((bytes.readUInt32BE(start) & 0x7fffffff) === stream)
        sink.onStreamError(stream, PROTOCOL_ERROR, 'a stream that depends on itself');
      else sink.onPriority(stream);
    } else {
      sink.onUnknown();
    }
  }

  #takeWindowUpdate(increment: number, stream: number): void {
    if (increment > 0) this.#sink.onWindowUpdate(stream, increment);
    else if (stream === 0) this.#fail(PROTOCOL_ERROR, 'WINDOW_UPDATE by 0');
    else this.#sink.onStreamError(stream, PROTOCOL_ERROR, 'WINDOW_UPDATE by 0');
  }

  #takeSettings(bytes: Buffer, at: number, length: number, stream: number): void {
    const ack = ((bytes[at + 4] as number) & FLAG_ACK) !== 0;
    if (stream !== 0) this.#fail(PROTOCOL_ERROR, 'SETTINGS on a stream');
    else if (length % 6 !== 0 || (ack && length > 0)) this.#fail(FRAME_SIZE_ERROR, `SETTINGS of ${length} bytes`);
    else if (ack) this.#sink.onSettingsAck();
    else this.#sink.onSettings(bytes, at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length);
  }

  #takeHeaders(bytes: Buffer, at: number, start: number, end: number, stream: number): void {
    const flags = bytes[at + 4] as number;
    let dependsOnItself = false;
    let from = start;
    let to = end;
    if ((flags & FLAG_PADDED) !== 0) {
      to -= start < end ? (bytes[start] as number) : 1;
      from += 1;
    }
    if ((flags & FLAG_PRIORITY) !== 0) {
      if (from + 5 <= to) dependsOnItself = (bytes.readUInt32BE(from) & 0x7fffffff) === stream;
      from += 5;
    }
    if (stream === 0 || from > to) {
      this.#fail(PROTOCOL_ERROR, 'HEADERS on stream 0, or padding or priority that is longer than its frame');
      return;
    }
    const endStream = (flags & FLAG_END_STREAM) !== 0;
    if ((flags & FLAG_END_HEADERS) !== 0) {
      this.#sink.onHeaders(stream, bytes, from, to, endStream, dependsOnItself);
      return;
    }
    this.#block.begin(stream, endStream, dependsOnItself);
    this.#sink.onHeadersBegun();
    this.#addToBlock(bytes, from, to);
  }

  #takeContinuation(bytes: Buffer, at: number, start: number, end: number): void {
    const block = this.#block;
    if (block.stream === 0) {
      this.#fail(PROTOCOL_ERROR, 'CONTINUATION without HEADERS');
      return;
    }
    if (!this.#addToBlock(bytes, start, end)) return;
    if (((bytes[at + 4] as number) & FLAG_END_HEADERS) === 0) return;
    const { stream, endStream, dependsOnItself } = block;
    const joined = block.end();
    this.#sink.onHeaders(stream, joined, 0, joined.length, endStream, dependsOnItself);
  }

  #addToBlock(bytes: Buffer, start: number, end: number): boolean {
    if (this.#block.add(bytes, start, end)) return true;
    this.#fail(ENHANCE_YOUR_CALM, 'a header block that is longer than the limit, or in too many frames');
    return false;
  }

  #fail(code: number, problem: string): void {
    this.stop();
    this.#sink.onConnectionError(code, problem);
  }

  #failAt(bytes: Buffer, problem: string): number {
    this.#fail(PROTOCOL_ERROR, problem);
    return bytes.length;
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

function streamAt(bytes: Buffer, at: number): number {
  return (
    (((bytes[at + 5] as number) & 0x7f) << 24) |
    ((bytes[at + 6] as number) << 16) |
    ((bytes[at + 7] as number) << 8) |
    (bytes[at + 8] as number)
  );
}
