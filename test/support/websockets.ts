// WebSockets of people's own libraries: `ws` over HTTP/1.1 on both sides, undici over HTTP/2 as the caller, `ws` on a stream of HTTP/2 as the pod.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { H2CClient, WebSocket as UndiciWebSocket } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { Http2Backend } from './http2-backend.ts';
import type { TestAddress } from './live-plane.ts';

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** A caller, whatever library it is. Messages are kept in the order in which they come. */
export interface Chat {
  readonly messages: (string | Buffer)[];
  readonly closed: Promise<Closing>;
  send(message: string | Buffer): void;
  close(code: number, reason: string): void;
  /** Without a close frame. */
  terminate(): void;
}

/** What a server does with each WebSocket. */
export type Serve = (socket: WebSocket) => void;

/** Gives each message back as it came. */
export const echoMessages: Serve = (socket) => {
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
};

export interface ChatPod extends TestAddress {
  close(): void;
}

export async function wsPod(serve: Serve, perMessageDeflate = false): Promise<ChatPod> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  server.on('connection', serve);
  await once(server, 'listening');
  const address = server.address();
  const close = (): void => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0, close };
}

/** `ws` takes any stream; the method that its own server calls is not in its types. */
interface Attachable {
  setSocket(stream: Duplex, head: Buffer, options: object): void;
}

export async function http2WsPod(serve: Serve): Promise<ChatPod> {
  const backend = await Http2Backend.start(
    (stream) => {
      stream.respond({ ':status': 200 });
      const socket: WebSocket = Reflect.construct(WebSocket, [null, undefined, { autoPong: true }]);
      (socket as unknown as Attachable).setSocket(stream, Buffer.alloc(0), { maxPayload: 0 });
      serve(socket);
    },
    100,
    true,
  );
  return { host: backend.host, port: backend.port, close: () => backend.close() };
}

/** `options`: as of `ws`. */
export async function wsChat(port: number, options: WebSocket.ClientOptions = {}): Promise<Chat> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { Host: 'web' }, ...options });
  const messages: (string | Buffer)[] = [];
  socket.on('message', (data, isBinary) => messages.push(isBinary ? (data as Buffer) : String(data)));
  const closed = new Promise<Closing>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  return {
    messages,
    closed,
    send: (message) => socket.send(message),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}

/** Over HTTP/2 by prior knowledge: one stream of a connection of its own. */
export async function undiciChat(port: number): Promise<Chat> {
  const origin = `http://127.0.0.1:${port}`;
  const dispatcher = new H2CClient(origin);
  const socket = new UndiciWebSocket(`ws://127.0.0.1:${port}/chat`, { dispatcher });
  socket.binaryType = 'arraybuffer';
  const messages: (string | Buffer)[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(typeof data === 'string' ? data : Buffer.from(data)));
  const closed = new Promise<Closing>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => {
      resolve({ code, reason });
      if (!dispatcher.destroyed) void dispatcher.close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', ({ message }) => reject(new Error(message)));
  });
  return {
    messages,
    closed,
    send: (message) => socket.send(message),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => void dispatcher.destroy(),
  };
}
