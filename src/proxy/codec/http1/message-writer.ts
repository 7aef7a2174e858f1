// @hot
// The writing half of an HTTP/1.1 connection: joins what belongs together into one write and tells when to wait.
import type { Socket } from 'node:net';

/** Body pieces up to this size travel in the same string as the head: one write, no vector. Shown by `bench -- micro message-writer`. */
const JOIN_BYTES = 8_192;
/** Joined text is handed to the socket when it reaches this. */
const FLUSH_CHARACTERS = 32_768;

/**
 * Callers append with `text`, `data`, `chunk` and end each batch with `flush`. `false` means: stop until the socket's `drain`. Text is
 * latin1: one character a byte.
 */
export class MessageWriter {
  readonly #socket: Socket;
  /** How often something was handed to the socket. */
  handedOver = 0;
  #pending = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  text(text: string): void {
    this.#pending += text;
  }

  /** Body bytes as they are. They are copied or handed over before the call returns only in part: the caller must not write to them again. */
  data(bytes: Buffer, start: number, end: number): boolean {
    if (end - start > JOIN_BYTES) return this.#writeLarge(bytes, start, end, '');
    this.#pending += bytes.toString('latin1', start, end);
    return this.#pending.length < FLUSH_CHARACTERS ? !this.#socket.writableNeedDrain : this.flush();
  }

  /** Body bytes as one chunk of the chunked coding (RFC 9112 section 7.1); at least one byte. */
  chunk(bytes: Buffer, start: number, end: number): boolean {
    this.#pending += `${(end - start).toString(16)}\r\n`;
    if (end - start > JOIN_BYTES) return this.#writeLarge(bytes, start, end, '\r\n');
    this.#pending += bytes.toString('latin1', start, end);
    this.#pending += '\r\n';
    return this.#pending.length < FLUSH_CHARACTERS ? !this.#socket.writableNeedDrain : this.flush();
  }

  /** The end of a chunked body: last chunk and trailer section (`name: value\r\n` lines or ''). */
  lastChunk(trailers: string): void {
    this.#pending += trailers === '' ? '0\r\n\r\n' : `0\r\n${trailers}\r\n`;
  }

  flush(): boolean {
    if (this.#pending === '') return !this.#socket.writableNeedDrain;
    const text = this.#pending;
    this.#pending = '';
    this.handedOver += 1;
    return this.#socket.write(text, 'latin1');
  }

  /** Forgets what was not flushed. */
  discard(): void {
    this.#pending = '';
  }

  #writeLarge(bytes: Buffer, start: number, end: number, behind: string): boolean {
    const socket = this.#socket;
    this.handedOver += 1;
    socket.cork();
    if (this.#pending !== '') socket.write(this.#pending, 'latin1');
    this.#pending = behind;
    const accepted = socket.write(bytes.subarray(start, end));
    socket.uncork();
    return accepted;
  }
}
