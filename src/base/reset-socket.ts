// Ends a TCP connection so that the other side sees a reset, whatever state the socket is in.
import type { Socket } from 'node:net';

/**
 * `resetAndDestroy` may not meet a FIN that is on its way: libuv refuses it then (EINVAL), and Node.js lets go of the handle without closing it,
 * so that the connection is open for ever and `close` never comes. Such a socket has given everything away and is closed in order.
 */
export function resetSocket(socket: Socket): void {
  const finUnderWay = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (finUnderWay) socket.destroy();
  else socket.resetAndDestroy();
}
