// One port for two protocols: HTTP/1 connections go on as they are, those that begin with HTTP/2's preface are handed over.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Source: RFC 9113, section 3.4. No method of HTTP/1 begins like it. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');

/** Puts itself before `server`, which goes on to listen and to count connections. */
export class ConnectionSorter {
  readonly #open = new Set<Socket>();
  readonly #http1: (socket: Socket) => void;
  readonly #http2: (socket: Socket) => void;
  readonly #timeoutMs: number;

  /** A connection that does not say what it is within `timeoutMs` is closed. What was read of it is put back before it is handed on. */
  constructor(server: Server, http2: (socket: Socket) => void, timeoutMs: number) {
    const serve = server.listeners('connection');
    this.#http1 = (socket) => {
      this.#open.delete(socket);
      for (const listener of serve) listener.call(server, socket);
    };
    this.#http2 = http2;
    this.#timeoutMs = timeoutMs;
    server.removeAllListeners('connection');
    server.on('connection', (socket) => this.#sort(socket));
  }

  /** Closes what `server` does not know of. */
  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #sort(socket: Socket): void {
    this.#open.add(socket);
    const abort = (): void => void socket.destroy();
    const parts: Buffer[] = [];
    const read = (): void => {
      for (let part: Buffer | null = socket.read(); part !== null; part = socket.read()) parts.push(part);
      const start = Buffer.concat(parts);
      const length = Math.min(start.length, PREFACE.length);
      const isPreface = start.subarray(0, length).equals(PREFACE.subarray(0, length));
      if (isPreface && length < PREFACE.length) return;
      socket.off('readable', read).off('timeout', abort).off('end', abort).setTimeout(0);
      socket.unshift(start);
      // HTTP/1 clients may send no more and still wait for an answer; HTTP/2 knows nothing of the kind.
      if (isPreface) socket.allowHalfOpen = false;
      // The stream leaves its paused mode only then.
      setImmediate(() => (isPreface ? this.#http2(socket) : this.#http1(socket)));
    };
    socket.on('close', () => this.#open.delete(socket)).on('error', abort);
    socket.on('readable', read).on('timeout', abort).on('end', abort).setTimeout(this.#timeoutMs);
  }
}
