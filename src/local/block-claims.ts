// Claims blocks of the pod range for this supervisor by listening on their network address: it ends with us, however we end.
import type { Server } from 'node:net';
import type { BlockClaims } from './address-pool.ts';
import { close, listen } from './port-probe.ts';

/** One of the ports that the mesh keeps for itself (contract.md); nothing is answered on it. */
const CLAIM_PORT = 15_099;

export class ListeningClaims implements BlockClaims {
  readonly #servers: Server[] = [];

  async claim(networkAddress: string): Promise<boolean> {
    const server = await listen(networkAddress, CLAIM_PORT);
    if (typeof server === 'string') return false;
    server.unref();
    this.#servers.push(server);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(close));
  }
}
