// A chain whose connections are TLS that ends here: what they say inside goes to the chain behind it.
import type { Socket } from 'node:net';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { TlsTerminator } from '../tls/tls-terminator.ts';
import type { ConnectionChain } from './connection-chain.ts';

export class TlsChain implements ConnectionChain {
  readonly inner: ConnectionChain;
  readonly #terminator: TlsTerminator;
  readonly #where: string;

  /** `where`: the listener's address, for statistics. Takes changed files until `retire`. */
  constructor(terminator: TlsTerminator, inner: ConnectionChain, where: string) {
    this.#terminator = terminator;
    this.inner = inner;
    this.#where = where;
    terminator.watch(`listener ${where}`);
  }

  /** No connection comes any more. */
  retire(): void {
    this.#terminator.unwatch();
  }

  get active(): number {
    return this.inner.active;
  }

  get connections(): number {
    return this.inner.connections + this.#terminator.pending;
  }

  accept(socket: Socket, originalDestination: SocketAddressSpec | null): void {
    this.#terminator.accept(socket, (secure) => this.inner.accept(secure, originalDestination));
  }

  drain(): void {
    this.inner.drain();
  }

  close(): void {
    this.#terminator.close();
    this.inner.close();
  }

  collect(sink: StatSink): void {
    this.#terminator.collect(this.#where, sink);
    this.inner.collect(sink);
  }
}
