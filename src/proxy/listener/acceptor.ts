// One address that connections are accepted on: an address that is taken is told once and tried again and again.
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';

export interface AcceptorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How long after a failed bind the next try is made, ms. */
  readonly rebindMs: number;
  /** What may wait to be sent on one connection before whoever sends is asked to pause, bytes (> 0). */
  readonly connectionBufferBytes: number;
  /** Other processes may accept on the same address if they say so too; the system spreads connections over them. Default: they may not. */
  readonly reusePort?: boolean;
}

export class Acceptor {
  readonly address: SocketAddressSpec;
  readonly #listener: string;
  readonly #options: AcceptorOptions;
  readonly #server: Server;
  #bound: SocketAddressSpec | null = null;
  #problem = '';
  #closed = false;

  /** `listener` is a name for people. */
  constructor(
    listener: string,
    address: SocketAddressSpec,
    options: AcceptorOptions,
    onConnection: (socket: Socket) => void,
  ) {
    this.address = address;
    this.#listener = listener;
    this.#options = options;
    this.#server = createServer({
      ...{ noDelay: true, allowHalfOpen: true, pauseOnConnect: false },
      highWaterMark: options.connectionBufferBytes,
    });
    this.#server.on('connection', onConnection);
    this.#server.on('listening', () => this.#onListening());
    this.#server.on('error', (error) => this.#onError(error));
    this.#listen();
  }

  /** The address with the port that the system gave; null = it is not bound. */
  get bound(): SocketAddressSpec | null {
    return this.#bound;
  }

  /** Why it is not bound, for people; '' = all is well. */
  get problem(): string {
    return this.#problem;
  }

  /** Connections that are there stay. */
  close(): void {
    this.#closed = true;
    this.#server.close();
  }

  #listen(): void {
    const { host, port } = this.address;
    this.#server.listen({ host, port, backlog: 1024, reusePort: this.#options.reusePort ?? false });
  }

  #onListening(): void {
    const bound = this.#server.address();
    if (bound !== null && typeof bound === 'object') this.#bound = { host: bound.address, port: bound.port };
    this.#problem = '';
    const { host, port } = this.address;
    this.#options.log.info('listening', { listener: this.#listener, address: `${host}:${this.#bound?.port ?? port}` });
  }

  #onError(error: unknown): void {
    if (this.#bound !== null || this.#closed) return;
    const where = `${this.address.host}:${this.address.port}`;
    const problem =
      codeOf(error) === 'EADDRINUSE'
        ? `${where} is taken by another program; find it with "ss -ltnp" and stop it, or give this listener another address`
        : `${where} cannot be bound: ${messageOf(error)}`;
    const again = `it is tried again every ${this.#options.rebindMs} ms`;
    if (problem !== this.#problem) this.#options.log.error(`${problem}; ${again}`, { listener: this.#listener });
    this.#problem = problem;
    this.#options.clock.after(this.#options.rebindMs, () => {
      if (!this.#closed) this.#listen();
    });
  }
}
