// Promises of ALPN: callers get what the listener speaks, endpoints are spoken to in what they agree to, and may change their mind.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, createServer, type Server } from 'node:tls';
import type { ListenerSpec } from '../../../src/model/listener-spec.ts';
import type { UpstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { get, post } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tls');
const pem = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const IDENTITY = { cert: pem('server.pem'), key: pem('server.key') };
const CA = { trustedCa: { kind: 'inline' as const, text: pem('ca.pem') } };
const BASE = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', applicationProtocols: [] } as const;
const UPSTREAM: UpstreamTlsSpec = { ...BASE, sni: 'a.example', validation: CA };

const stage = new Stage();
const pods = new TcpPods();
const closing: (() => void)[] = [];

afterEach(async () => {
  await stage.close();
  pods.close();
  for (const close of closing.splice(0)) close();
});

interface Pod {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** ALPN of each handshake. */
  readonly agreed: (string | false)[];
  stop(): Promise<void>;
}

type Kind = 'both' | 'http1' | 'http2' | 'no ALPN';

/** Answers with the version of HTTP in which it was asked, and the body. */
async function podOf(kind: Kind, port = 0): Promise<Pod> {
  const answer = (request: { httpVersion: string }, response: { end(text: string): void }): void =>
    void text(request as unknown as NodeJS.ReadableStream).then((body) =>
      response.end(`${request.httpVersion} ${body.length}`),
    );
  const server: Server =
    kind === 'no ALPN'
      ? createHttpsServer({ ...IDENTITY, ALPNProtocols: [] }, answer)
      : kind === 'http1'
        ? createHttpsServer(IDENTITY, answer)
        : createSecureServer({ ...IDENTITY, allowHTTP1: kind === 'both' }, answer);
  const agreed: (string | false)[] = [];
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => agreed.push(socket.alpnProtocol ?? false));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  closing.push(end);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    end();
    await closed;
  };
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, server, agreed, stop };
}

function planeOf(pods: readonly Pod[]): Promise<LivePlane> {
  return stage.plane({ services: { web: pods }, cluster: { protocol: 'auto', tls: UPSTREAM } });
}

describe('a cluster that takes what endpoints agree to', () => {
  it.each([
    ['both', '2.0 0', ['h2']],
    ['http2', '2.0 0', ['h2']],
    ['http1', '1.1 0', ['http/1.1']],
    ['no ALPN', '1.1 0', [false]],
  ] as const)('speaks to one of %s: %s, over one connection for one caller', async (kind, wanted, agreed) => {
    const pod = await podOf(kind);
    const plane = await planeOf([pod]);
    const client = await plane.client();
    for (let i = 0; i < 3; i += 1) expect((await client.ask(get('web'))).text).toBe(wanted);
    expect(pod.agreed).toEqual(agreed);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
  });

  it('keeps requests that come while the first handshake is under way, bodies and all', async () => {
    const pod = await podOf('both');
    const plane = await planeOf([pod]);
    const clients = await Promise.all(Array.from({ length: 5 }, () => plane.client()));
    const body = 'x'.repeat(300_000);
    const answers = await Promise.all(clients.map((client) => client.ask(post('web', body))));
    expect(answers.map((answer) => answer.text)).toEqual(Array(5).fill('2.0 300000'));
    expect(new Set(pod.agreed)).toEqual(new Set(['h2']));
  });

  it.each([
    ['both', 5, 1],
    ['http1', 5, 2],
  ] as const)(
    'makes no more connections than its circuit breaker allows to one of %s, while the first handshake tells',
    async (...row) => {
      const [kind, count, most] = row;
      const pod = await podOf(kind);
      const circuitBreakers = { default: { maxConnections: 2 } };
      const cluster = { protocol: 'auto', tls: UPSTREAM, circuitBreakers } as const;
      const plane = await stage.plane({ services: { web: [pod] }, cluster });
      const clients = await Promise.all(Array.from({ length: count }, () => plane.client()));
      const answers = await Promise.all(clients.map((client) => client.ask(post('web', 'x'.repeat(1_000)))));
      expect(answers.map(({ status }) => status)).toEqual(Array(count).fill(200));
      expect(plane.stat('cluster.web.upstream_cx_total')).toBeLessThanOrEqual(most);
    },
  );

  it('speaks to each endpoint in its own version', async () => {
    const plane = await planeOf([await podOf('http1'), await podOf('both')]);
    const client = await plane.client();
    const seen = [(await client.ask(get('web'))).text, (await client.ask(get('web'))).text];
    expect(seen.sort()).toEqual(['1.1 0', '2.0 0']);
  });

  it.each([
    ['http2', 'http1', '1.1 0'],
    ['http1', 'http2', '2.0 0'],
  ] as const)('finds out again where an endpoint of %s comes back as one of %s', async (before, after, wanted) => {
    const pod = await podOf(before);
    const plane = await planeOf([pod]);
    const client = await plane.client();
    await client.ask(get('web'));
    await pod.stop();
    await until('its connections are gone', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    await podOf(after, pod.port);
    expect((await client.ask(get('web'))).text).toBe(wanted);
  });

  it('fails a request with UF where no handshake comes to be, and callers who leave meanwhile are forgotten', async () => {
    const plane = await planeOf([
      { ...(await stage.refusing()), server: createServer(), agreed: [], stop: async () => {} },
    ]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).get('x-switchboard-error')).toContain('UF');
    const silent = await pods.pod(() => {});
    plane.setEndpoints('web', [silent]);
    const leaving = await plane.client();
    leaving.send(get('web'));
    await until('it is dialled', () => silent.accepted.length === 1);
    leaving.socket.destroy();
    await until('it is gone', () => plane.plane.activeRequests === 0);
    silent.accepted[0]?.destroy();
    await until('the dial is over', () => plane.stat('cluster.web.upstream_cx_active') === 0);
  });
});

describe('a listener with TLS and HTTP', () => {
  async function terminating(codec: 'http1' | 'http2' | null, listed: readonly string[] = []): Promise<LivePlane> {
    const [backend] = await stage.backends(1);
    const plane = await stage.plane({
      services: { web: backend === undefined ? [] : [backend] },
      ...(codec === null ? {} : { codec }),
    });
    const certificate = {
      chain: { kind: 'inline' as const, text: IDENTITY.cert },
      privateKey: { kind: 'inline' as const, text: IDENTITY.key },
    };
    const tls = { ...BASE, applicationProtocols: listed, certificate, requireClientCertificate: false };
    const plain = plane.listener();
    const listener: ListenerSpec = { ...plain, filterChains: plain.filterChains.map((chain) => ({ ...chain, tls })) };
    plane.apply({ listeners: { upserted: [listener], removed: [] } });
    return plane;
  }

  it.each([
    [null, [], 'h2'],
    [null, ['http/1.1'], 'http/1.1'],
    ['http1', ['h2', 'http/1.1'], 'http/1.1'],
    ['http2', [], 'h2'],
  ] as const)('of codec %s that lists %j agrees with callers of both on %s', async (codec, listed, wanted) => {
    const plane = await terminating(codec, listed);
    const socket = connect({
      port: plane.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe(wanted);
    socket.end('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
  });

  it('serves callers of both versions, and those that know no ALPN', async () => {
    const plane = await terminating(null);
    const session = connectHttp2(`https://127.0.0.1:${plane.port}`, { rejectUnauthorized: false });
    expect(await text(session.request({ ':path': '/', ':authority': 'web' }))).toBe('a /');
    session.close();
    await once(session, 'close');
    const request = httpsRequest({
      ...{ port: plane.port, host: '127.0.0.1', rejectUnauthorized: false, agent: false },
      headers: { host: 'web' },
    });
    request.end();
    const [answer] = await once(request, 'response');
    expect(await text(answer)).toBe('a /');
  });
});
