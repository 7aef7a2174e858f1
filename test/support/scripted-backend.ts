// A backend that does with each request what the test tells it, down to the byte, and remembers what it got.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { EndOfBytes, type HttpBody, type HttpMessage, HttpReader } from './http-reader.ts';

export class BackendRequest {
  readonly head: HttpMessage;
  readonly method: string;
  readonly target: string;
  readonly connection: BackendConnection;
  /** The whole body with its trailers; rejects when the proxy cut it off. */
  readonly body: Promise<HttpBody>;

  constructor(head: HttpMessage, connection: BackendConnection, body: Promise<HttpBody>) {
    this.head = head;
    [this.method = '', this.target = ''] = head.start.split(' ');
    this.connection = connection;
    this.body = body;
    // Not every test looks at it.
    body.catch(() => {});
  }

  get(name: string): string | undefined {
    return this.head.get(name);
  }
}

export class BackendConnection {
  readonly socket: Socket;
  readonly reader: HttpReader;
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.reader = new HttpReader(socket);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
    socket.on('error', () => {});
  }

  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** A whole answer with Content-Length. */
  answer(status: number, body = '', fields = ''): void {
    this.send(`HTTP/1.1 ${status} Reason\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`);
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Sends FIN. */
  end(): void {
    this.socket.end();
  }
}

/** Called for each request head; the next one of its connection is read when it has returned and the body has come. */
export type Script = (request: BackendRequest, connection: BackendConnection) => void | Promise<void>;

export class ScriptedBackend {
  readonly requests: BackendRequest[] = [];
  readonly connections: BackendConnection[] = [];
  script: Script;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  private constructor(script: Script) {
    this.script = script;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onConnection(socket));
  }

  static async start(script: Script, host = '127.0.0.1'): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(script);
    backend.#server.listen(0, host);
    await once(backend.#server, 'listening');
    return backend;
  }

  get host(): string {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.address : '';
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** The request with that number, from 0, once its head has come. */
  async request(index: number): Promise<BackendRequest> {
    if (this.requests.length <= index) {
      await new Promise<void>((resolve) => this.#waiting.push({ count: index + 1, resolve }));
    }
    return this.requests[index] as BackendRequest;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onConnection(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    const connection = new BackendConnection(socket);
    this.connections.push(connection);
    this.#serve(connection).catch((error: unknown) => {
      if (!(error instanceof EndOfBytes)) throw error;
      // As most servers do: whoever has ended its side is not waited for.
      socket.end();
    });
  }

  async #serve(connection: BackendConnection): Promise<void> {
    for (;;) {
      const head = await connection.reader.head();
      const request = new BackendRequest(head, connection, connection.reader.body(head, false));
      this.requests.push(request);
      const due = this.#waiting.filter(({ count }) => count <= this.requests.length);
      this.#waiting = this.#waiting.filter(({ count }) => count > this.requests.length);
      for (const { resolve } of due) resolve();
      await this.script(request, connection);
      await request.body;
    }
  }
}

/** Answers 200 with the name of the backend and the path: who answered what. */
export function named(name: string): Script {
  return (request, connection) => connection.answer(200, `${name} ${request.target}`);
}

/** Answers 200 with the body that came, when it has come whole. */
export const echo: Script = async (request, connection) => {
  const { body } = await request.body;
  connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  connection.send(body);
};

/** Resets every request that comes. */
export const resets: Script = (_request, connection) => connection.reset();

/** Never answers. */
export const silent: Script = () => {};
