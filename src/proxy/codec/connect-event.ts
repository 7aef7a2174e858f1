// When an outgoing connection has come to be.
import type { Socket } from 'node:net';

/** A TLS connection can carry nothing before its handshake, and may yet fail there: then it never came to be. */
export function connectEventOf(socket: Socket): 'connect' | 'secureConnect' {
  return 'encrypted' in socket ? 'secureConnect' : 'connect';
}
