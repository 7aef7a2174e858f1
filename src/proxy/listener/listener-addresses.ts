// Which listener is where: for connections that were redirected, and for those that must not go round and round.
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';

const WILDCARDS = ['0.0.0.0', '::'];

interface Addressed {
  readonly addresses: readonly SocketAddressSpec[];
  /** False: connections are handed over by others. */
  readonly bindsToPort: boolean;
  /** Connections to `destination` come to it by themselves. */
  answersAt(destination: SocketAddressSpec): boolean;
}

/** Of the listeners of one moment. A mesh may have an address for each of ten thousand Services. */
export class ListenerAddresses<Listener extends Addressed> {
  readonly #unbound = new Map<string, Listener>();
  readonly #bound: readonly Listener[];

  constructor(listeners: readonly Listener[]) {
    this.#bound = listeners.filter(({ bindsToPort }) => bindsToPort);
    for (const listener of listeners) {
      if (listener.bindsToPort) continue;
      for (const address of listener.addresses) this.#unbound.set(renderSocketAddress(address), listener);
    }
  }

  /** Who takes connections to `destination` from others: the listener at that address, else the one at every address with that port. */
  at(destination: SocketAddressSpec): Listener | null {
    for (const host of [destination.host, ...WILDCARDS]) {
      const found = this.#unbound.get(renderSocketAddress({ host, port: destination.port }));
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Connections to `destination` come to a listener here by themselves. */
  isBound(destination: SocketAddressSpec): boolean {
    return this.#bound.some((listener) => listener.answersAt(destination));
  }
}
