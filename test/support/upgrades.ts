// What tests of upgrades share: the request, the answer, and pods that change to another protocol.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { LivePlane, LivePlaneOptions, TestAddress } from './live-plane.ts';
import type { RawAnswer, RawClient } from './raw-client.ts';
import type { BackendConnection } from './scripted-backend.ts';
import type { Stage } from './stage.ts';
import type { TcpPod, TcpPods } from './tcp-pods.ts';

/** A request to `web` to become something else. */
export function asking(protocol = 'websocket', fields = ''): string {
  return `GET /chat HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${fields}\r\n`;
}

export function switching(protocol = 'websocket', fields = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${fields}\r\n`;
}

export interface SwitchingPod extends TcpPod {
  /** The heads of the requests that have come, latin1. */
  readonly heads: string[];
}

/** What a WebSocket server owes for the key that it got (RFC 6455 section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A WebSocket server, as far as the head of its answer goes. */
export function acceptingPod(pods: TcpPods, serve?: (socket: Socket) => void): Promise<SwitchingPod> {
  return switchingPod(pods, serve, accepting);
}

/** The head of its answer to the request of that head. */
export function accepting(head: string): string {
  const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
  return switching('websocket', `Sec-WebSocket-Accept: ${acceptOf(key)}\r\nX-Pod: a\r\n`);
}

/** Answers each head with `answer`, and leaves what comes behind it, from its first byte, to `serve`. */
export async function switchingPod(
  pods: TcpPods,
  serve: (socket: Socket) => void = (socket) => void socket.pipe(socket),
  answer: string | ((head: string) => string) = switching(),
): Promise<SwitchingPod> {
  const heads: string[] = [];
  const pod = await pods.pod((socket) => {
    let seen = '';
    const onData = (bytes: Buffer): void => {
      seen += bytes.toString('latin1');
      const end = seen.indexOf('\r\n\r\n') + 4;
      if (end < 4) return;
      socket.off('data', onData);
      socket.pause();
      const head = seen.slice(0, end);
      heads.push(head);
      if (end < seen.length) socket.unshift(Buffer.from(seen.slice(end), 'latin1'));
      socket.write(typeof answer === 'string' ? answer : answer(head), 'latin1');
      // Who wants it to wait pauses it again.
      socket.resume();
      serve(socket);
    };
    socket.on('data', onData);
  });
  return { ...pod, heads };
}

/** A Service `web` that may upgrade to WebSocket, unless `options` say otherwise. */
export function upgradePlane(
  stage: Stage,
  web: readonly TestAddress[],
  options: LivePlaneOptions = {},
): Promise<LivePlane> {
  return stage.plane({ services: { web }, http: { upgrades: { websocket: true } }, ...options });
}

/** For a scripted backend: what follows is no HTTP, and ends when the caller ends. */
export function switchedOver(connection: BackendConnection): Promise<void> {
  connection.socket.on('end', () => connection.end());
  return new Promise(() => {});
}

/** Sends the request and reads the head of its answer, which has to be 101. */
export async function upgraded(client: RawClient, request = asking()): Promise<RawAnswer> {
  client.send(request);
  const answer = await client.answer();
  if (answer.status !== 101) throw new Error(`${answer.start}: ${answer.text}`);
  return answer;
}
