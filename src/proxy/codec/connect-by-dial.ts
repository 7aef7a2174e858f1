// Connections of ours for HTTP clients of others, who take a function that makes them.
import type { Socket } from 'node:net';
import { connectEventOf } from './connect-event.ts';

type Connected = (...end: [null, Socket] | [Error, null]) => void;

/** Calls `connected` once: when `socket` has come to be, with its handshake where it has one, or has failed before. `http2`: without TLS it speaks that. */
export function connectByDial(socket: Socket, http2: boolean, connected: Connected): void {
  const onError = (error: Error): void => connected(error, null);
  socket.once('error', onError);
  socket.once(connectEventOf(socket), () => {
    socket.off('error', onError);
    // So undici is told what to speak; a handshake has told it already.
    if (http2 && !('alpnProtocol' in socket)) Object.assign(socket, { alpnProtocol: 'h2' });
    connected(null, socket);
  });
}
