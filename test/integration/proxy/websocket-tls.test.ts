// Promises of wss: WebSockets whose TLS is ended for the caller and begun anew towards the pod.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import type { UpstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { echoMessages, type Serve } from '../../support/websockets.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/tls');
const pem = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const inline = (name: string) => ({ kind: 'inline' as const, text: pem(name) });
const VERSIONS = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;

const stage = new Stage();
let closing: (() => void)[] = [];
afterEach(async () => {
  await stage.close();
  for (const close of closing) close();
  closing = [];
});

async function securePlane(serve: Serve): Promise<LivePlane> {
  const server = createServer({ cert: pem('server.pem'), key: pem('server.key') });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  const address = server.address();
  const pod = { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
  const plane = await stage.plane({ services: { web: [pod] }, http: { upgrades: { websocket: true } } });
  const validation = { trustedCa: inline('ca.pem') };
  const upstream: UpstreamTlsSpec = { ...VERSIONS, sni: 'a.example', applicationProtocols: [], validation };
  const certificate = {
    chain: inline('server.pem'),
    privateKey: { kind: 'file', path: join(FOLDER, 'server.key') },
  } as const;
  const tls = { ...VERSIONS, certificate, requireClientCertificate: false, applicationProtocols: ['http/1.1'] };
  const listener = plane.listener();
  plane.apply({
    clusters: { upserted: [{ ...plane.cluster('web'), tls: upstream }], removed: [] },
    listeners: {
      upserted: [{ ...listener, filterChains: listener.filterChains.map((chain) => ({ ...chain, tls })) }],
      removed: [],
    },
  });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

async function caller(plane: LivePlane): Promise<WebSocket> {
  const options = { ca: pem('ca.pem'), servername: 'a.example', headers: { Host: 'web' } };
  const socket = new WebSocket(`wss://127.0.0.1:${plane.port}/chat`, options);
  await once(socket, 'open');
  return socket;
}

describe('a WebSocket over TLS', () => {
  it('carries messages both ways, and its goodbye', async () => {
    const plane = await securePlane(echoMessages);
    const socket = await caller(plane);
    const text = 'x'.repeat(300_000);
    socket.send(text);
    expect(String((await once(socket, 'message'))[0])).toBe(text);
    socket.close(4_002, 'done');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([4_002, 'done']);
    expect(await plane.logged(0)).toMatchObject({ status: 101, flags: '' });
  });

  it('is cut off at the caller where the pod is gone without a word', async () => {
    const plane = await securePlane((socket) => socket.on('message', () => socket.terminate()));
    const socket = await caller(plane);
    socket.send('go');
    expect((await once(socket, 'close'))[0]).toBe(1_006);
    await plane.logged(0);
  });
});
