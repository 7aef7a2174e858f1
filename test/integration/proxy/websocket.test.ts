// Promises of WebSockets with the libraries that people use: ws and undici, over HTTP/1.1 and HTTP/2 on either side.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { LivePlane } from '../../support/live-plane.ts';
import { ROUTES } from '../../support/live-plane.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import {
  type Chat,
  type ChatPod,
  echoMessages,
  http2WsPod,
  type Serve,
  undiciChat,
  wsChat,
  wsPod,
} from '../../support/websockets.ts';

const stage = new Stage();
const pods: ChatPod[] = [];

afterEach(async () => {
  await stage.close();
  for (const pod of pods.splice(0)) pod.close();
});

async function planeTo(pod: ChatPod, isHttp2: boolean): Promise<LivePlane> {
  pods.push(pod);
  const plane = await stage.plane({
    services: { web: [pod] },
    http2Services: isHttp2 ? ['web'] : [],
    http: { upgrades: { websocket: true } },
  });
  // undici says whom it has connected to.
  const [host] = plane.routes(['web']).virtualHosts;
  if (host === undefined) throw new Error('no host');
  const config = { name: ROUTES, virtualHosts: [{ ...host, domains: ['*'] }] };
  plane.apply({ routes: { upserted: [config], removed: [] } });
  return plane;
}

async function received(chat: Chat, count: number): Promise<readonly (string | Buffer)[]> {
  await until(
    `${count} messages`,
    () => chat.messages.length >= count,
    () => chat.messages.length,
  );
  return chat.messages;
}

const CALLERS: readonly (readonly [string, (port: number) => Promise<Chat>])[] = [
  ['ws over HTTP/1.1', wsChat],
  ['undici over HTTP/2', undiciChat],
];
const PODS: readonly (readonly [string, (serve: Serve) => Promise<ChatPod>, boolean])[] = [
  ['ws over HTTP/1.1', wsPod, false],
  ['ws over HTTP/2', http2WsPod, true],
];
const PAIRS = CALLERS.flatMap(([caller, open]) =>
  PODS.map(([pod, serve, isHttp2]) => ({ caller, pod, open, serve, isHttp2 })),
);

describe.each(PAIRS)('a WebSocket of $caller to a pod of $pod', ({ open, serve, isHttp2 }) => {
  it('carries text, binary, nothing, 1 MiB, and 500 small ones in their order', async () => {
    const plane = await planeTo(await serve(echoMessages), isHttp2);
    const chat = await open(plane.port);
    const large = randomBytes(1_048_576);
    const small = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    const sent = ['hello', Buffer.from([0, 255, 13, 10]), '', large, ...small];
    for (const message of sent) chat.send(message);
    const messages = await received(chat, sent.length);
    expect(messages.map((message, index) => Buffer.from(message).equals(Buffer.from(sent[index] ?? 'none')))).toEqual(
      sent.map(() => true),
    );
    chat.close(4_001, 'bye');
    expect(await chat.closed).toEqual({ code: 4_001, reason: 'bye' });
    expect(await plane.logged(0)).toMatchObject({ status: 101, path: '/chat' });
    await plane.quiet();
  });

  it('is closed by its pod with a code and a reason', async () => {
    const plane = await planeTo(
      await serve((socket) => socket.on('message', () => socket.close(1_001, 'restart'))),
      isHttp2,
    );
    const chat = await open(plane.port);
    chat.send('x');
    expect(await chat.closed).toEqual({ code: 1_001, reason: 'restart' });
    await plane.logged(0);
  });

  it('is cut off when its pod is gone without a word', async () => {
    const plane = await planeTo(await serve((socket) => socket.on('message', () => socket.terminate())), isHttp2);
    const chat = await open(plane.port);
    chat.send('x');
    expect((await chat.closed).code).toBe(1_006);
    await plane.logged(0);
  });

  it('is cut off at its pod when the caller is gone without a word', async () => {
    let code = 0;
    const pod = await serve((socket) => {
      socket.send('welcome');
      socket.on('error', () => {});
      socket.on('close', (found) => {
        code = found;
      });
    });
    const plane = await planeTo(pod, isHttp2);
    const chat = await open(plane.port);
    await received(chat, 1);
    chat.terminate();
    await until('the pod knows', () => code === 1_006);
    await plane.logged(0);
  });
});

describe('a WebSocket of ws', () => {
  it('keeps its extensions, subprotocols, cookies, pings and pongs', async () => {
    const pongs: string[] = [];
    const pod = await wsPod((socket) => {
      echoMessages(socket);
      socket.on('pong', (bytes) => pongs.push(String(bytes)));
      socket.ping('still there?');
      socket.send(`${socket.extensions} ${socket.protocol}`);
    }, true);
    const plane = await planeTo(pod, false);
    const chat = await wsChat(plane.port, { perMessageDeflate: true, headers: { Host: 'web', Cookie: 'a=b' } });
    expect((await received(chat, 1))[0]).toMatch(/^permessage-deflate/);
    const text = 'compressible '.repeat(100_000);
    chat.send(text);
    expect((await received(chat, 2))[1]).toBe(text);
    await until('the pong has come', () => pongs[0] === 'still there?');
    chat.close(1_000, '');
    await chat.closed;
    expect((await plane.logged(0)).bytesReceived).toBeLessThan(text.length / 10);
  });

  it('passes a tunnel that its caller opens by CONNECT, as clients do that are told of a proxy', async () => {
    const plane = await planeTo(await wsPod(echoMessages), false);
    const socket = connect(plane.port, '127.0.0.1');
    socket.write('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
    const chat = await wsChat(plane.port, { createConnection: () => socket });
    chat.send('through');
    expect(await received(chat, 1)).toEqual(['through']);
    chat.close(1_000, '');
    await chat.closed;
  });
});
