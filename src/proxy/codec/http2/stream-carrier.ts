// @hot
// What carries the streams of an HTTP/2 connection: its socket, the table of streams, the windows, and how streams and connection end.
import type { Socket } from 'node:net';
import { codeOf } from '../../../base/coded-error.ts';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../../base/timer-wheel.ts';
import { readDirectly } from '../direct-reads.ts';
import { ConnectionWindow } from './connection-window.ts';
import { encodeTrailers } from './encode-head.ts';
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import { FLOOD_RESET, FloodGuard } from './flood-guard.ts';
import { DEFAULT_WINDOW_BYTES } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';
import { HpackEncoder } from './hpack/hpack-encoder.ts';
import type { Http2Commons } from './http2-commons.ts';
import { ResetStreams } from './reset-streams.ts';
import { BY_CONNECTION, BY_ERROR, type Http2Stream, type StreamOwner } from './stream.ts';
import { StreamTable } from './stream-table.ts';
import { WaitingStreams } from './waiting-streams.ts';

/** What one stream may be sent before its other side has taken it, bytes. */
export const STREAM_WINDOW_BYTES = 262_144;
/** How long a connection that is over may take to send what it has, ms. */
const LINGER_MS = 1_000;

export abstract class StreamCarrier<S extends Http2Stream> implements StreamOwner, TimerOwner {
  readonly socket: Socket;
  readonly writer: FrameWriter;
  readonly streamWindow = STREAM_WINDOW_BYTES;
  sendWindow = DEFAULT_WINDOW_BYTES;
  /** Of bodies, since the connection began. */
  protected sentBytes = 0;
  /** Nothing more is read, and no stream is left. */
  protected dead = false;
  protected readonly commons: Http2Commons;
  protected readonly wheel: TimerWheel;
  protected readonly timer: WheelTimer;
  protected readonly streams = new StreamTable<S>();
  protected readonly encoder = new HpackEncoder();
  protected readonly guard: FloodGuard;
  protected readonly waiting: WaitingStreams;
  protected readonly window = new ConnectionWindow();
  /** Why the socket ends, '' = nobody has said. */
  protected failure = '';
  readonly #resets = new ResetStreams();

  constructor(socket: Socket, commons: Http2Commons, wheel: TimerWheel) {
    this.socket = socket;
    this.commons = commons;
    this.wheel = wheel;
    this.timer = new WheelTimer(this);
    this.guard = new FloodGuard(commons.now);
    this.writer = new FrameWriter(socket, commons.queue);
    this.waiting = new WaitingStreams(this.writer);
    commons.stats.connectionsTotal += 1;
    commons.stats.connectionsActive += 1;
    readDirectly(socket, (bytes) => this.onBytes(bytes));
    socket.on('drain', () => this.waiting.pump());
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

  abstract onTimer(timer: WheelTimer): void;
  protected abstract onBytes(bytes: Buffer): void;
  protected abstract stopReading(): void;
  /** The last stream that the peer opened and that we have looked at. */
  protected abstract lastStream(): number;
  /** A stream is gone. */
  protected abstract onStreamClosed(stream: S): void;
  /** The socket is closed, and no stream is left. */
  protected abstract onClosed(): void;

  // ── windows ──

  sent(bytes: number): void {
    this.sendWindow -= bytes;
    this.sentBytes += bytes;
    this.guard.useful();
  }

  wait(stream: Http2Stream): void {
    this.waiting.add(stream);
  }

  /** Streams that cannot send what they have. */
  protected get stalled(): boolean {
    return this.waiting.any;
  }

  hold(bytes: number): void {
    this.window.hold(bytes);
  }

  release(bytes: number): void {
    this.window.hold(-bytes);
    this.credit();
  }

  protected credit(): void {
    const bytes = this.dead ? 0 : this.window.credit();
    if (bytes > 0) this.writer.windowUpdate(0, bytes);
  }

  /** Makes the window of the connection as large as ours are. */
  protected openWindow(): void {
    this.writer.windowUpdate(0, this.window.firstIncrement);
  }

  writeTrailers(id: number, trailers: string): void {
    const { block } = this.commons;
    encodeTrailers(this.encoder, trailers, block);
    this.writer.headers(id, block, true);
  }

  // ── ends ──

  closeIfDone(stream: Http2Stream): void {
    if (!stream.remoteEnded || !stream.localEnded) return;
    this.remove(stream);
    stream.close();
  }

  /** What we want: nobody is told but the peer. */
  resetStream(stream: Http2Stream, code: number): void {
    const { id } = stream;
    this.remove(stream);
    this.#sendReset(id, code);
    stream.close();
  }

  /** What the peer has done wrong with a stream ends it. */
  protected streamError(stream: S, code: number, problem: string): void {
    if (!this.spend(FLOOD_RESET, 'streams with errors')) return;
    if (code === PROTOCOL_ERROR) this.commons.stats.malformed += 1;
    this.remove(stream);
    this.#sendReset(stream.id, code);
    stream.onReset(BY_ERROR, code, problem);
    stream.close();
  }

  /** Ends a stream that we do not have. */
  protected refuseStream(id: number, code: number): void {
    if (this.spend(FLOOD_RESET, 'streams with errors')) this.#sendReset(id, code);
  }

  #sendReset(id: number, code: number): void {
    if (this.dead) return;
    this.commons.stats.resetSent(code);
    this.writer.reset(id, code);
    this.#resets.add(id);
  }

  /** The peer has reset it too: nothing more can be on its way. */
  protected forgetReset(id: number): void {
    this.#resets.delete(id);
  }

  protected wasReset(id: number): boolean {
    return this.#resets.has(id);
  }

  /** A stream has been opened, and has its number. */
  protected add(stream: S): void {
    const { stats } = this.commons;
    stats.streamsTotal += 1;
    stats.streamsActive += 1;
    this.streams.add(stream);
  }

  protected remove(stream: Http2Stream): void {
    const own = this.streams.delete(stream.id);
    this.waiting.delete(stream);
    if (own === undefined) return;
    this.commons.stats.streamsActive -= 1;
    this.onStreamClosed(own);
  }

  /** The connection is over because of what the peer did. */
  onConnectionError(code: number, problem: string): void {
    if (this.dead) return;
    if (this.failure === '') this.failure = problem;
    this.finish(code, problem);
  }

  /** Ends a stream of which the peer need not be told. */
  protected dropStream(stream: S, cause: number, problem: string): void {
    this.remove(stream);
    stream.onReset(cause, NO_ERROR, problem);
    stream.close();
  }

  /** Says why, ends every stream, and closes behind what was written. */
  protected finish(code: number, problem: string): void {
    this.goAway(this.lastStream(), code, problem);
    this.writer.flush();
    this.#stop();
    this.socket.end();
    this.socket.resume();
    this.wheel.set(this.timer, LINGER_MS);
  }

  protected goAway(lastStream: number, code: number, problem: string): void {
    this.commons.stats.goAwaysSent += 1;
    this.writer.goAway(lastStream, code, problem);
  }

  /** Ends the connection at once. */
  destroy(): void {
    if (!this.dead) this.#stop();
    this.socket.destroy();
  }

  #stop(): void {
    this.dead = true;
    this.stopReading();
    for (const stream of this.streams.values()) {
      this.dropStream(stream, BY_CONNECTION, this.failure === '' ? 'the connection was closed' : this.failure);
    }
  }

  #onSocketEnd(): void {
    if (this.failure === '') this.failure = 'it closed the connection';
    if (this.dead) this.socket.end();
    else this.destroy();
  }

  #onSocketClosed(): void {
    this.commons.stats.connectionsActive -= 1;
    this.wheel.cancel(this.timer);
    if (!this.dead) this.#stop();
    this.writer.discard();
    this.onClosed();
  }

  /** False = it was one too many, and the connection has ended. */
  protected spend(bucket: number, what: string): boolean {
    if (this.guard.take(bucket)) return true;
    if (!this.dead) this.commons.stats.flooded(bucket);
    this.onConnectionError(ENHANCE_YOUR_CALM, `too many ${what}`);
    return false;
  }
}
