// Claims of one supervisor against others on the same machine: a port that is listened on is its own, and free again when it ends, however.
import type { Server } from 'node:net';
import type { BlockClaims } from './address-pool.ts';
import { close, listen } from './port-probe.ts';

/** One of the ports that the mesh keeps for itself; nothing is answered on it. */
export const CLAIM_PORT = 15_099;

/** Gives the claim back. */
export type Release = () => Promise<void>;

export class ListeningClaims implements BlockClaims {
  readonly #servers = new Set<Server>();

  async claim(networkAddress: string): Promise<boolean> {
    return (await this.claimPort(networkAddress, CLAIM_PORT)) !== null;
  }

  /** null when somebody else listens there. */
  async claimPort(host: string, port: number): Promise<Release | null> {
    const server = await listen(host, port);
    if (typeof server === 'string') return null;
    server.unref();
    this.#servers.add(server);
    return () => {
      this.#servers.delete(server);
      return close(server);
    };
  }

  async close(): Promise<void> {
    const servers = [...this.#servers];
    this.#servers.clear();
    await Promise.all(servers.map(close));
  }
}
