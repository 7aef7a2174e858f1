// Pods that speak no HTTP: what they do with a connection is the test's to say.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { TestAddress } from './live-plane.ts';

export interface TcpPod extends TestAddress {
  /** Every connection that it has taken, oldest first. */
  readonly accepted: Socket[];
}

export class TcpPods {
  #servers: Server[] = [];
  #sockets = new Set<Socket>();

  /** Connections may be half open; their errors are nobody's business. */
  async pod(serve: (socket: Socket) => void): Promise<TcpPod> {
    const accepted: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      accepted.push(socket);
      this.#sockets.add(socket);
      serve(socket);
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0, accepted };
  }

  /** Gives back what it gets. */
  echo(): Promise<TcpPod> {
    return this.pod((socket) => void socket.pipe(socket));
  }

  /** Says its name and ends its side. */
  named(name: string): Promise<TcpPod> {
    return this.pod((socket) => {
      socket.resume();
      socket.end(name);
    });
  }

  /** For `afterEach`, before the plane is closed or after. */
  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#servers = [];
    this.#sockets.clear();
  }
}
