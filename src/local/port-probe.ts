// Asks the system whether a port can be listened on, by listening on it for a moment.
import { createServer, type Server } from 'node:net';
import { codeOf } from '../base/coded-error.ts';

/** `unavailable`: this machine doesn't have the address, or the port needs root. */
export type PortState = 'free' | 'taken' | 'unavailable';

export interface PortProbe {
  /** Port 0 = any. Never rejects. */
  stateOf(host: string, port: number): Promise<PortState>;
}

export const systemPortProbe: PortProbe = { stateOf };

/** Nobody's address: a port that is taken even here is taken by somebody who listens on 0.0.0.0. */
export const SPARE_ADDRESS = '127.255.255.254';

async function stateOf(host: string, port: number): Promise<PortState> {
  const server = await listen(host, port);
  if (typeof server === 'string') return server;
  await close(server);
  return 'free';
}

/** The listening server, or why there is none. */
export function listen(host: string, port: number): Promise<Server | Exclude<PortState, 'free'>> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(codeOf(error) === 'EADDRINUSE' ? 'taken' : 'unavailable'));
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
