// @hot
// The writing half of an HTTP/2 connection: frames of one turn of the event loop leave in one write.
import type { Socket } from 'node:net';
import type { Flushable, FlushQueue } from './flush-queue.ts';
import {
  CONTINUATION,
  DATA,
  DEFAULT_MAX_FRAME_BYTES,
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_HEAD_BYTES,
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import type { BlockWriter } from './hpack/block-writer.ts';

/** Data up to this size is copied beside its frame head; larger is handed over as it is. */
const JOIN_BYTES = 8_192;

export class FrameWriter implements Flushable {
  /** The largest payload that the peer takes. */
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  /** Number of the batch in work: a frame of an earlier one has left. */
  batch = 0;
  /** Where in its batch the frame begins that may be marked as the end of the message written last; −1 = it has left. */
  frameStart = 0;
  readonly #socket: Socket;
  readonly #queue: FlushQueue;
  #buffer: Buffer | null = null;
  #at = 0;
  #queued = false;

  constructor(socket: Socket, queue: FlushQueue) {
    this.#socket = socket;
    this.#queue = queue;
  }

  /** The socket holds what the peer does not take: a `drain` will come. */
  get blocked(): boolean {
    return this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
  }

  /** Of what was handed over something has not left: it must not be overwritten. */
  get holdsBytes(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Bytes that were written and have not left. */
  get backlog(): number {
    return this.#at + this.#socket.writableLength;
  }

  text(text: string): void {
    this.#room(text.length);
    this.#at += (this.#buffer as Buffer).write(text, this.#at, 'latin1');
  }

  /** A whole header block, in as many frames as the peer's limit asks for. */
  headers(stream: number, block: BlockWriter, endStream: boolean): void {
    const { bytes, end } = block;
    let at = 0;
    let type = HEADERS;
    let flags = endStream ? FLAG_END_STREAM : 0;
    let start = -1;
    let batch = -1;
    do {
      const next = Math.min(end, at + Math.min(this.maxFrameBytes, DEFAULT_MAX_FRAME_BYTES - FRAME_HEAD_BYTES));
      if (next === end) flags |= FLAG_END_HEADERS;
      const buffer = this.#frame(next - at, type, flags, stream);
      if (at === 0) {
        start = this.frameStart;
        batch = this.batch;
      }
      bytes.copy(buffer, this.#at, at, next);
      this.#at += next - at;
      at = next;
      type = CONTINUATION;
      flags = 0;
    } while (at < end);
    this.frameStart = batch === this.batch ? start : -1;
  }

  /** At most `maxFrameBytes` of data; windows are the caller's business. */
  data(stream: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > JOIN_BYTES) {
      this.#frameHead(length, DATA, 0, stream);
      this.#hand(bytes.subarray(start, end));
      this.frameStart = -1;
      return;
    }
    const buffer = this.#frame(length, DATA, 0, stream);
    let at = this.#at;
    if (length > 64) at += bytes.copy(buffer, at, start, end);
    else for (let from = start; from < end; from += 1, at += 1) buffer[at] = bytes[from] as number;
    this.#at = at;
  }

  /** An end without data. */
  endOfStream(stream: number): void {
    this.#frame(0, DATA, FLAG_END_STREAM, stream);
  }

  /** Makes the frame at `start` of the batch in work the last one of its stream. */
  markEnd(start: number): void {
    const buffer = this.#buffer as Buffer;
    buffer[start + 4] = (buffer[start + 4] as number) | FLAG_END_STREAM;
  }

  /** `settings`: identifiers and values in turn. */
  settings(settings: readonly number[]): void {
    const buffer = this.#frame(settings.length * 3, SETTINGS, 0, 0);
    for (let index = 0; index < settings.length; index += 2) {
      buffer.writeUInt16BE(settings[index] as number, this.#at);
      buffer.writeUInt32BE(settings[index + 1] as number, this.#at + 2);
      this.#at += 6;
    }
  }

  settingsAck(): void {
    this.#frame(0, SETTINGS, FLAG_ACK, 0);
  }

  ping(bytes: Buffer, start: number, ack: boolean): void {
    const buffer = this.#frame(8, PING, ack ? FLAG_ACK : 0, 0);
    this.#at += bytes.copy(buffer, this.#at, start, start + 8);
  }

  goAway(lastStream: number, code: number, problem: string): void {
    const length = Math.min(problem.length, 256);
    const buffer = this.#frame(8 + length, GOAWAY, 0, 0);
    buffer.writeUInt32BE(lastStream, this.#at);
    buffer.writeUInt32BE(code, this.#at + 4);
    buffer.write(problem, this.#at + 8, length, 'latin1');
    this.#at += 8 + length;
  }

  reset(stream: number, code: number): void {
    this.#number(RST_STREAM, stream, code);
  }

  windowUpdate(stream: number, increment: number): void {
    this.#number(WINDOW_UPDATE, stream, increment);
  }

  flush(): void {
    this.#queued = false;
    this.#writeOut();
  }

  /** Forgets what was not flushed. */
  discard(): void {
    this.#buffer = null;
    this.#at = 0;
  }

  #number(type: number, stream: number, value: number): void {
    const buffer = this.#frame(4, type, 0, stream);
    buffer.writeUInt32BE(value, this.#at);
    this.#at += 4;
  }

  /** A frame head with room for the payload behind it; the caller writes that and moves `#at`. */
  #frame(length: number, type: number, flags: number, stream: number): Buffer {
    this.#room(FRAME_HEAD_BYTES + length);
    return this.#writeHead(length, type, flags, stream);
  }

  /** A frame head whose payload does not go into the batch. */
  #frameHead(length: number, type: number, flags: number, stream: number): void {
    this.#room(FRAME_HEAD_BYTES);
    this.#writeHead(length, type, flags, stream);
  }

  #writeHead(length: number, type: number, flags: number, stream: number): Buffer {
    const buffer = this.#buffer as Buffer;
    const at = this.#at;
    this.frameStart = at;
    buffer[at] = length >> 16;
    buffer[at + 1] = length >> 8;
    buffer[at + 2] = length;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    buffer[at + 5] = stream >> 24;
    buffer[at + 6] = stream >> 16;
    buffer[at + 7] = stream >> 8;
    buffer[at + 8] = stream;
    this.#at = at + FRAME_HEAD_BYTES;
    return buffer;
  }

  #room(bytes: number): void {
    if (!this.#queued) {
      this.#queued = true;
      this.#queue.add(this);
    }
    if (this.#buffer !== null && this.#at + bytes <= this.#buffer.length) return;
    this.#writeOut();
    this.#buffer = this.#queue.takeBuffer();
  }

  #writeOut(): void {
    const buffer = this.#buffer;
    this.#buffer = null;
    this.batch += 1;
    if (buffer === null) return;
    const length = this.#at;
    this.#at = 0;
    const socket = this.#socket;
    if (length === 0 || !socket.writable) {
      this.#queue.giveBuffer(buffer);
      return;
    }
    socket.write(buffer.subarray(0, length));
    // Written at once, as is usual: the system has its own copy.
    if (socket.writableLength === 0) this.#queue.giveBuffer(buffer);
  }

  /** Writes the batch and then `bytes`, which must not change any more, as one vector. */
  #hand(bytes: Buffer): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    this.#writeOut();
    socket.write(bytes);
    socket.uncork();
  }
}
