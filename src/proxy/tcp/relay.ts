// @hot
// Bytes both ways between two sockets, untouched, each side closing for itself.
import type { Socket } from 'node:net';
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { readDirectly } from '../codec/direct-reads.ts';
import { StreamSocket } from '../codec/http2/stream-socket.ts';
import type { ReadBuffer, ReadBufferOwner } from './read-buffer.ts';

export interface RelayContext {
  readonly wheel: TimerWheel;
  /** Told of every piece that passes, bytes. */
  readonly bodyMeter: { note(bytes: number): void };
}

/** `buffer`: what its socket reads into; null = Node's own. */
export interface RelayUpstream {
  readonly socket: Socket;
  readonly buffer: ReadBuffer | null;
}

/** How a relay ended: both sides in order, by a reset of one of them, or because nothing passed any more. */
export type RelayEnd = 'closed' | 'downstream-reset' | 'upstream-reset' | 'idle';

export interface RelayOwner {
  /** Both sockets are closed. The only call. */
  onRelayEnd(end: RelayEnd): void;
}

/** What an access log says of the end. */
export function noteRelayEnd(
  record: { details: string; fail(code: ErrorCode, detail: string): void },
  end: RelayEnd,
): void {
  if (end === 'idle') record.details = 'idle_timeout';
  else if (end === 'upstream-reset') record.fail('upstream_connection_termination', 'it reset the connection');
  else if (end === 'downstream-reset') record.fail('downstream_gone', 'the caller reset the connection');
}

/** How long a side may take what is left for it after the other has closed for good, ms. */
const LAST_BYTES_MS = 60_000;

export class Relay implements TimerOwner, ReadBufferOwner {
  readonly #owner: RelayOwner;
  readonly #context: RelayContext;
  readonly #downstream: Socket;
  readonly #upstream: Socket;
  readonly #buffer: ReadBuffer | null;
  /** The caller, where it is a stream of HTTP/2. */
  readonly #stream: StreamSocket | null;
  readonly #timer: WheelTimer;
  readonly #idleTimeoutMs: number;
  #idleMark = 0;
  #end: RelayEnd = 'closed';
  #closing = false;
  #sidesClosed = 0;
  /** From the caller, and to it. */
  bytesReceived = 0;
  bytesSent = 0;
  /** How often a side was not read because the other did not take more. */
  pauses = 0;

  /** Both sockets allow half-open and are not read yet. `idleTimeoutMs`: 0 = none; the end comes after one to two times this. */
  constructor(
    owner: RelayOwner,
    downstream: Socket,
    upstream: RelayUpstream,
    idleTimeoutMs: number,
    context: RelayContext,
  ) {
    this.#owner = owner;
    this.#context = context;
    this.#downstream = downstream;
    this.#upstream = upstream.socket;
    this.#buffer = upstream.buffer;
    this.#stream = downstream instanceof StreamSocket ? downstream : null;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#timer = new WheelTimer(this);
    const out = upstream.socket;
    downstream.on('error', () => downstream.destroy());
    downstream.on('close', (failed) => this.#onClosed(failed, 'downstream-reset'));
    out.on('error', () => out.destroy());
    out.on('close', (failed) => this.#onClosed(failed, 'upstream-reset'));
    downstream.on('drain', () => out.resume());
    out.on('drain', () => downstream.resume());
    downstream.on('end', () => out.end());
    out.on('end', () => downstream.end());
    readDirectly(downstream, (bytes) => this.#onDownstreamData(bytes));
    readDirectly(out, (bytes) => this.onRead(bytes));
    if (this.#buffer !== null) this.#buffer.owner = this;
  }

  /** `first`: what the caller has sent already. `answered`: what the endpoint has. */
  start(first: Buffer | null, answered: Buffer | null = null): void {
    if (this.#idleTimeoutMs > 0) this.#context.wheel.set(this.#timer, this.#idleTimeoutMs);
    if (first !== null && first.length > 0) this.#onDownstreamData(first);
    if (!this.#upstream.writableNeedDrain) this.#downstream.resume();
    if (answered === null || answered.length === 0 || this.onRead(answered)) this.#upstream.resume();
    // Who has ended before there was a relay is not heard again.
    if (this.#upstream.readableEnded) this.#downstream.end();
    if (this.#downstream.readableEnded) this.#upstream.end();
  }

  /** Ends both sides at once. */
  close(): void {
    this.#downstream.destroy();
    this.#upstream.destroy();
  }

  onRead(bytes: Buffer): boolean {
    const downstream = this.#downstream;
    this.bytesSent += bytes.length;
    this.#context.bodyMeter.note(bytes.length);
    const accepted = downstream.write(bytes);
    if (this.#stream === null ? downstream.writableLength > 0 : this.#stream.holdsBytes) this.#buffer?.giveAway();
    if (accepted) return true;
    this.pauses += 1;
    this.#upstream.pause();
    return false;
  }

  onTimer(): void {
    if (this.#closing) {
      for (const side of [this.#upstream, this.#downstream]) side.resetAndDestroy(); // alloc-ok: once a relay
      return;
    }
    const passed = this.bytesReceived + this.bytesSent;
    if (passed === this.#idleMark) {
      this.#end = 'idle';
      this.close();
      return;
    }
    this.#idleMark = passed;
    this.#context.wheel.set(this.#timer, this.#idleTimeoutMs);
  }

  #onDownstreamData(bytes: Buffer): void {
    this.bytesReceived += bytes.length;
    this.#context.bodyMeter.note(bytes.length);
    if (this.#upstream.write(bytes)) return;
    this.pauses += 1;
    this.#downstream.pause();
  }

  /**
   * A FIN travels through by itself. A socket that is closed for good takes the other one with it: at once where it was reset, which must not
   * pass for an end in order; else once that has sent what it holds.
   */
  #onClosed(failed: boolean, end: RelayEnd): void {
    this.#sidesClosed += 1;
    const open = this.#upstream.destroyed ? this.#downstream : this.#upstream;
    if (failed && this.#end === 'closed') this.#end = end;
    if (!open.destroyed) {
      if (failed) open.resetAndDestroy();
      else this.#destroySoon(open);
      return;
    }
    if (this.#sidesClosed < 2) return;
    this.#context.wheel.cancel(this.#timer);
    this.#owner.onRelayEnd(this.#end);
  }

  #destroySoon(side: Socket): void {
    this.#closing = true;
    this.#context.wheel.set(this.#timer, LAST_BYTES_MS);
    side.destroySoon();
  }
}
