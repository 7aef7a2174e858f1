// Opens the stream to the control plane and loads gRPC for it, which takes memory that a sidecar without a control plane should not need.
import { messageOf } from '../../base/coded-error.ts';
import type { Connection, ConnectionEvents, ConnectionOptions } from './ads-connection.ts';

export function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection {
  return new LoadingConnection(options, events);
}

class LoadingConnection implements Connection {
  /** Sent before there was a stream. */
  readonly #early: Buffer[] = [];
  #connection: Connection | null = null;
  #closed = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#load(options, events).catch((error: unknown) => {
      if (!this.#closed) events.ended(`gRPC cannot be loaded: ${messageOf(error)}`, false);
    });
  }

  send(request: Buffer): void {
    if (this.#connection === null) this.#early.push(request);
    else this.#connection.send(request);
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  async #load(options: ConnectionOptions, events: ConnectionEvents): Promise<void> {
    const { AdsConnection } = await import('./ads-connection.ts');
    if (this.#closed) return;
    const connection = new AdsConnection(options, events);
    this.#connection = connection;
    for (const request of this.#early.splice(0)) connection.send(request);
  }
}
