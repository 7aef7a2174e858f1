// CSDS on the port of the admin pages: loaded when the first client comes, since most programs are never asked.
import type { Socket } from 'node:net';
import type { ClientStatusSource } from '../xds/csds/client-status-source.ts';
import type { CsdsServer } from '../xds/csds/csds-server.ts';

export class Csds {
  readonly #source: ClientStatusSource;
  #server: Promise<CsdsServer> | null = null;
  #closed = false;

  constructor(source: ClientStatusSource) {
    this.#source = source;
  }

  /** Takes over a connection that begins with HTTP/2's preface. */
  readonly serve = async (connection: Socket): Promise<void> => {
    this.#server ??= this.#load();
    const server = await this.#server;
    if (this.#closed) connection.destroy();
    else server.serve(connection);
  };

  async close(): Promise<void> {
    this.#closed = true;
    (await this.#server)?.close();
  }

  async #load(): Promise<CsdsServer> {
    const { CsdsServer } = await import('../xds/csds/csds-server.ts');
    return new CsdsServer(this.#source);
  }
}
