// Promises of sessions in every protocol that has heads: HTTP/2, gRPC metadata, WebSocket and extended CONNECT.
import { once } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import type { SessionSpec } from '../../../src/model/session-spec.ts';
import { GrpcCaller, GrpcEcho } from '../../support/grpc-echo.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { Stage } from '../../support/stage.ts';
import { type ChatPod, wsPod } from '../../support/websockets.ts';

const stage = new Stage();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) close();
  await stage.close();
});

const COOKIE: SessionSpec = {
  carrier: { kind: 'cookie', name: 'cart', ttlMs: 0, path: '/' },
  ...{ format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
};
const HEADER: SessionSpec = { ...COOKIE, carrier: { kind: 'header', name: 'x-session' } };

interface Named {
  readonly host: string;
  readonly port: number;
  readonly uid: string;
}

/** Three pods that say who they are, made by `start`. */
async function threePods<P extends { readonly port: number }>(start: (name: string) => Promise<P>) {
  const pods: Named[] = [];
  for (const uid of ['a', 'b', 'c']) pods.push({ uid, host: '127.0.0.1', port: (await start(uid)).port });
  return pods;
}

async function planeOf(pods: readonly Named[], session: SessionSpec, more: LivePlaneOptions = {}): Promise<LivePlane> {
  return stage.plane({ services: { web: pods }, action: { session }, ...more });
}

const http2Pod = async (name: string): Promise<Http2Backend> => {
  const pod = await Http2Backend.start(
    (stream, headers) => {
      stream.respond({ ':status': 200, 'x-pod': name });
      if (headers[':method'] === 'CONNECT') stream.write(name);
      else stream.end(name);
    },
    1_000,
    true,
  );
  closing.push(() => pod.close());
  return pod;
};

function http2Caller(plane: LivePlane): Http2Caller {
  const caller = new Http2Caller(plane.port);
  closing.push(() => caller.close());
  return caller;
}

function without(pods: readonly Named[], name: string): readonly Named[] {
  return pods.filter(({ uid }) => uid !== name);
}

describe('a session over HTTP/2', () => {
  it('stays with its pod, stream by stream, with its cookie among others in fields of their own, and moves once', async () => {
    const pods = await threePods(http2Pod);
    const plane = await planeOf(pods, COOKIE, { http2Services: ['web'] });
    const caller = http2Caller(plane);
    const first = await caller.ask('web');
    const home = String(first.body);
    const [cookie = ''] = (first.headers['set-cookie']?.[0] ?? '').split(';');
    expect(first.headers['x-switchboard-session']).toBe('new');
    const again = () => caller.ask('web', { cookie: ['theme=dark', cookie, 'a=b'] });
    const kept = await Promise.all(Array.from({ length: 9 }, again));
    expect(kept.map(({ body, headers }) => [String(body), headers['set-cookie']])).toEqual(
      kept.map(() => [home, undefined]),
    );
    plane.setEndpoints('web', without(pods, home));
    const moved = await Promise.all(Array.from({ length: 4 }, again));
    expect(new Set(moved.map(({ body }) => String(body))).size).toBe(1);
    expect(moved.map(({ headers }) => headers['x-switchboard-session'])).toEqual(moved.map(() => 'moved'));
  });

  it('is the same session from a caller of HTTP/1.1', async () => {
    const pods = await threePods(http2Pod);
    const plane = await planeOf(pods, COOKIE, { http2Services: ['web'] });
    const first = await http2Caller(plane).ask('web');
    const client = await plane.client();
    const [cookie = ''] = (first.headers['set-cookie']?.[0] ?? '').split(';');
    const answer = await client.ask(`GET / HTTP/1.1\r\nHost: web\r\nCookie: ${cookie}\r\n\r\n`);
    expect(answer.text).toBe(String(first.body));
  });
});

describe('a session of gRPC', () => {
  it('travels in metadata, to the client in its first metadata, and moves once', async () => {
    const pods = await threePods(async (name) => {
      const pod = await GrpcEcho.start({ unary: (_call, done) => done(null, Buffer.from(name)) });
      closing.push(() => pod.close());
      return pod;
    });
    const plane = await planeOf(pods, HEADER, { http2Services: ['web'] });
    const caller = new GrpcCaller(plane.port);
    closing.push(() => caller.close());
    const metadata = new Metadata();
    const first = await caller.unaryWith(Buffer.from('x'), metadata);
    expect(first.metadata.get('x-switchboard-session')).toEqual(['new']);
    metadata.set('x-session', first.metadata.get('x-session')[0] ?? '');
    for (let call = 0; call < 6; call += 1) {
      const next = await caller.unaryWith(Buffer.from('x'), metadata);
      expect([next.text, next.metadata.get('x-session')]).toEqual([first.text, []]);
    }
    plane.setEndpoints('web', without(pods, first.text));
    const moved = await caller.unaryWith(Buffer.from('x'), metadata);
    expect(moved.metadata.get('x-switchboard-session')).toEqual(['moved']);
    metadata.set('x-session', moved.metadata.get('x-session')[0] ?? '');
    expect((await caller.unaryWith(Buffer.from('x'), metadata)).text).toBe(moved.text);
  });

  it('begins and moves with no answer that is an error, as UNAVAILABLE is, and begins with one that is none', async () => {
    let code: number | null = 14;
    const pods = await threePods(async (name) => {
      const pod = await GrpcEcho.start({
        unary: (_call, done) => (code === null ? done(null, Buffer.from(name)) : done({ code, details: 'no' })),
      });
      closing.push(() => pod.close());
      return pod;
    });
    const retry = { on: [], numRetries: 0, statusCodes: [] } as const;
    const plane = await planeOf(pods, HEADER, { http2Services: ['web'], action: { session: HEADER, retry } });
    const caller = new GrpcCaller(plane.port);
    closing.push(() => caller.close());
    const failed = async (metadata: Metadata): Promise<Metadata> =>
      caller.unaryWith(Buffer.from('x'), metadata).then(
        () => {
          throw new Error('it was answered');
        },
        (error: { readonly metadata: Metadata }) => error.metadata,
      );
    const said = (metadata: Metadata) => [metadata.get('x-session'), metadata.get('x-switchboard-session')];
    expect(said(await failed(new Metadata()))).toEqual([[], []]);
    code = null;
    const first = await caller.unaryWith(Buffer.from('x'), new Metadata());
    expect(first.metadata.get('x-switchboard-session')).toEqual(['new']);
    const held = new Metadata();
    held.set('x-session', first.metadata.get('x-session')[0] ?? '');
    plane.setEndpoints('web', without(pods, first.text));
    code = 14;
    expect(said(await failed(held))).toEqual([[], []]);
    // What the caller has asked wrongly is an answer.
    code = 3;
    expect(said(await failed(held))).toEqual([[expect.stringMatching(/^1/)], ['moved']]);
  });

  it('that may not move ends with UNAVAILABLE, which says why', async () => {
    const pods = await threePods(async (name) => {
      const pod = await GrpcEcho.start({ unary: (_call, done) => done(null, Buffer.from(name)) });
      closing.push(() => pod.close());
      return pod;
    });
    const plane = await planeOf(pods, { ...HEADER, onLoss: 'fail' }, { http2Services: ['web'] });
    const caller = new GrpcCaller(plane.port);
    closing.push(() => caller.close());
    const first = await caller.unaryWith(Buffer.from('x'), new Metadata());
    const metadata = new Metadata();
    metadata.set('x-session', first.metadata.get('x-session')[0] ?? '');
    plane.setEndpoints('web', without(pods, first.text));
    await expect(caller.unaryWith(Buffer.from('x'), metadata)).rejects.toMatchObject({
      code: 14,
      details: expect.stringContaining('its pod is gone'),
    });
  });
});

describe('a session of a WebSocket', () => {
  const chatPods = async (): Promise<readonly Named[]> =>
    threePods(async (name): Promise<ChatPod> => {
      const pod = await wsPod((socket) => socket.send(name));
      closing.push(() => pod.close());
      return pod;
    });
  const upgrades = { http: { upgrades: { websocket: true } } };

  /** What the pod says first, and what came with the 101. */
  async function chat(plane: LivePlane, cookie: string) {
    const headers = { Host: 'web', ...(cookie === '' ? {} : { Cookie: cookie }) };
    const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/chat`, { headers });
    const opened = once(socket, 'upgrade');
    const message = once(socket, 'message');
    const [response] = await opened;
    const [name] = await message;
    socket.terminate();
    return { name: String(name), told: response.headers['x-switchboard-session'], set: response.headers['set-cookie'] };
  }

  it('gets its token with the 101, and comes back to its pod', async () => {
    const pods = await chatPods();
    const plane = await planeOf(pods, COOKIE, upgrades);
    const first = await chat(plane, '');
    expect([first.told, first.set?.length]).toEqual(['new', 1]);
    const [cookie = ''] = (first.set?.[0] ?? '').split(';');
    for (let i = 0; i < 4; i += 1) {
      expect(await chat(plane, cookie)).toEqual({ name: first.name, told: undefined, set: undefined });
    }
    plane.setEndpoints('web', without(pods, first.name));
    const moved = await chat(plane, cookie);
    expect([moved.name === first.name, moved.told, moved.set?.length]).toEqual([false, 'moved', 1]);
  });

  it('gets it over HTTP/2 with the 200 of extended CONNECT, and comes back', async () => {
    const pods = await threePods(http2Pod);
    const plane = await planeOf(pods, COOKIE, { ...upgrades, http2Services: ['web'] });
    const caller = http2Caller(plane);
    await once(caller.session, 'remoteSettings');
    const open = async (cookie: string) => {
      const extra = cookie === '' ? {} : { cookie };
      const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ...extra };
      const stream = caller.open('web', headers, false);
      const [response] = await once(stream, 'response');
      const [name] = await once(stream, 'data');
      stream.end();
      stream.close();
      return { name: String(name), response };
    };
    const first = await open('');
    const [cookie = ''] = (first.response['set-cookie']?.[0] ?? '').split(';');
    expect(first.response['x-switchboard-session']).toBe('new');
    for (let i = 0; i < 4; i += 1) expect((await open(cookie)).name).toBe(first.name);
    expect(await answerOf(caller.open('web', { cookie }))).toMatchObject({ body: Buffer.from(first.name) });
  });
});
