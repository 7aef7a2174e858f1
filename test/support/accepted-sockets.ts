// The sockets that servers of this process accept, seen from inside: what the other side of a test's connection holds.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const CHANNEL = 'net.server.socket';

/** Collects from `start` to `stop`. */
export class AcceptedSockets {
  readonly #all: Socket[] = [];
  readonly #note = (message: unknown): void => {
    if (isSocketMessage(message)) this.#all.push(message.socket);
  };

  start(): void {
    subscribe(CHANNEL, this.#note);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#note);
    this.#all.length = 0;
  }

  /** The server's end of the connection that `client` made. */
  peerOf(client: Socket): Socket {
    const peer = this.#all.find((socket) => socket.remotePort === client.localPort);
    if (peer === undefined) throw new Error(`nobody has accepted the connection from port ${client.localPort}`);
    return peer;
  }
}

function isSocketMessage(message: unknown): message is { readonly socket: Socket } {
  return typeof message === 'object' && message !== null && 'socket' in message;
}
