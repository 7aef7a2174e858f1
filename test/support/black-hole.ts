// A TCP relay that can stop to pass anything on, without closing: a peer that vanishes without a word.
import { connect, createServer, type Server, type Socket } from 'node:net';

export class BlackHole {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: { swallowing: boolean };

  private constructor(port: number, server: Server, sockets: Set<Socket>, state: { swallowing: boolean }) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
    this.#state = state;
  }

  static async before(target: number): Promise<BlackHole> {
    const state = { swallowing: false };
    const sockets = new Set<Socket>();
    const server = createServer((from) => {
      const to = connect(target, '127.0.0.1');
      for (const [source, sinkSocket] of [
        [from, to],
        [to, from],
      ] as const) {
        sockets.add(source);
        source.on('data', (chunk: Buffer) => state.swallowing || sinkSocket.write(chunk));
        source.on('error', () => sinkSocket.destroy());
        source.on('close', () => sinkSocket.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new BlackHole(address.port, server, sockets, state);
  }

  swallow(): void {
    this.#state.swallowing = true;
  }

  heal(): void {
    this.#state.swallowing = false;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
