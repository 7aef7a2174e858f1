// A stream of HTTP/2 as a socket: what CONNECT opens, for whoever relays bytes between two of them (RFC 9113 section 8.5, RFC 8441).
import { Socket } from 'node:net';
import { NO_ERROR } from './error-code.ts';
import type { Http2Stream } from './stream.ts';

type Done = (error?: Error | null) => void;

/** Belongs to its stream until that is closed, which hands on to it what comes. */
export class StreamSocket extends Socket {
  readonly #stream: Http2Stream;
  readonly #id: number;
  readonly #resetCode: number;
  #waiting: Done | null = null;
  #failed = false;
  /** The peer has ended the stream in order: what is still written is thrown away. */
  #over = false;

  /** `resetCode`: what the peer is told where the other side of the relay was reset. */
  constructor(stream: Http2Stream, resetCode: number) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.#id = stream.id;
    this.#resetCode = resetCode;
    if (stream.remoteEnded) this.onEnd();
  }

  /** What was written last may still be needed though its write has ended: it waits among what its connection sends. */
  get holdsBytes(): boolean {
    return this.writableLength > 0 || this.#stream.connection.writer.holdsBytes;
  }

  // What its stream hears of.

  onData(bytes: Buffer, start: number, end: number): void {
    if (!this.push(bytes.subarray(start, end))) this.#stream.pauseReading();
  }

  onEnd(): void {
    this.push(null);
  }

  onWritable(): void {
    const done = this.#waiting;
    this.#waiting = null;
    done?.();
  }

  /** NO_ERROR is the end of both halves, in order: servers have no other way to close both at once (RFC 9113 section 8.1). */
  onReset(code: number, detail: string): void {
    if (code !== NO_ERROR) {
      this.destroy(new Error(detail));
      return;
    }
    this.#over = true;
    if (!this.#stream.remoteEnded) this.push(null);
    this.onWritable();
    this.end();
  }

  override resetAndDestroy(): this {
    return this.destroy(new Error('reset'));
  }

  /** Without a handle of the system's nobody tells `close` whether it was one of failure. */
  override emit(event: string | symbol, ...rest: unknown[]): boolean {
    return event === 'close' ? super.emit('close', this.#failed) : super.emit(event, ...rest);
  }

  override _read(): void {
    if (this.#open) this.#stream.resumeReading();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    if (this.#over) done();
    else if (!this.#open) done(new Error('the stream is closed'));
    else if (this.#stream.sendData(bytes, 0, bytes.length)) done();
    else this.#waiting = done;
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: Done): void {
    const pieces = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this._write(Buffer.concat(pieces), 'latin1', done);
  }

  override _final(done: Done): void {
    if (this.#open) this.#stream.sendEnd('');
    done();
  }

  /** Whoever closes it before both halves have ended resets the stream. */
  override _destroy(error: Error | null, done: Done): void {
    const unfinished = !(this.readableEnded && this.writableFinished);
    if (this.#open && (error !== null || unfinished)) this.#stream.reset(this.#resetCode);
    this.#failed = error !== null;
    super._destroy(error, done);
  }

  /** The stream has not ended, and is not somebody else's. */
  get #open(): boolean {
    return !this.#over && this.#stream.id === this.#id;
  }
}
