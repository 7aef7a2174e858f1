// A connection in memory: two ends that behave as sockets do, without a system call.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** Counts what moves on the connections of one input, so that the end of all movement can be seen. */
export interface Traffic {
  events: number;
}

export class WireEnd extends Duplex {
  readonly #traffic: Traffic;
  #other: WireEnd | null = null;
  #ended = false;

  private constructor(traffic: Traffic) {
    super({ allowHalfOpen: true });
    this.#traffic = traffic;
    this.on('error', () => undefined);
  }

  static pair(traffic: Traffic): readonly [WireEnd, WireEnd] {
    const left = new WireEnd(traffic);
    const right = new WireEnd(traffic);
    left.#other = right;
    right.#other = left;
    return [left, right];
  }

  /** For what wants a socket: it has all that the data plane uses of one. */
  asSocket(): Socket {
    return this as unknown as Socket;
  }

  resetAndDestroy(): this {
    this.#other?.destroy(new Error('ECONNRESET'));
    return this.destroy();
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy()).end();
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#traffic.events += 1;
    if (this.#other?.destroyed === false) this.#other.push(chunk, encoding);
    done();
  }

  override _final(done: () => void): void {
    this.#endOther();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endOther();
    done(error);
  }

  #endOther(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#traffic.events += 1;
    if (this.#other?.destroyed === false) this.#other.push(null);
  }
}
