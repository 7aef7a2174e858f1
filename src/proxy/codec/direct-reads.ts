// @hot
// What a socket reads goes straight to its reader, past the queue of Node's stream, as long as nothing waits there.
import { Socket } from 'node:net';

/**
 * Gives `read` each piece that comes, as the event `data` would: in order, none twice, none while the socket is paused. Node's own way through its
 * readable stream costs an event and a tick of its queue for each piece (28 % of the instructions that an HTTP/1.1 request takes outside of the
 * kernel, counted by callgrind; `bench -- ab` shows the CPU). It is still gone where pieces wait in the stream, and should a later Node no longer
 * push what a socket has read (docs/adr/0044). Until `readByOthers`.
 */
export function readDirectly(socket: Socket, read: (bytes: Buffer) => void): void {
  const { push } = Socket.prototype;
  socket.on('data', read);
  // alloc-ok: once a connection
  socket.push = (bytes: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (bytes === null || socket.readableFlowing !== true || socket.readableLength > 0) {
      return push.call(socket, bytes, encoding);
    }
    read(bytes);
    return true;
  };
}

/** Somebody else takes the socket: the reader of `readDirectly` gets nothing more, and nobody listens to `events` any longer. */
export function readByOthers(socket: Socket, events: readonly string[]): void {
  socket.push = Socket.prototype.push;
  for (const event of events) socket.removeAllListeners(event);
}
