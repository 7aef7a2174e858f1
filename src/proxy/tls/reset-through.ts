// What a reset is on a TLS connection.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * Node resets TCP sockets only and throws for others. `transport` is what the TLS connection runs on: reset, it tells the peer what it has to
 * know, while many take a mere end without the closing alert for an end in order.
 */
export function resetThrough(socket: TLSSocket, transport: Socket): void {
  socket.resetAndDestroy = () => {
    transport.resetAndDestroy();
    return socket.destroy();
  };
}
