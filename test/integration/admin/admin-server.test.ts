// Promises of the admin server over real sockets.
import { once } from 'node:events';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { type AdminRoute, jsonResponse, textResponse } from '../../../src/admin/admin-route.ts';
import { AdminServer } from '../../../src/admin/admin-server.ts';
import { type SidecarSource, sidecarRoutes } from '../../../src/admin/sidecar-routes.ts';
import type { ServerState } from '../../../src/admin/sidecar-status.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const clock = new ManualClock();
let server: AdminServer;
let bound: SocketAddressSpec;

async function start(routes: readonly AdminRoute[]): Promise<void> {
  server = new AdminServer({ address: { host: '127.0.0.1', port: 0 }, routes, clock, log: silentLog });
  bound = await server.start();
}

afterEach(() => server.close());

async function call(path: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  const outgoing = request({ host: bound.host, port: bound.port, path, agent: false, ...options });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

const LARGE_PART = 'x'.repeat(65_536);

async function* endless(): AsyncGenerator<string> {
  for (;;) yield LARGE_PART;
}

const PAGES: readonly AdminRoute[] = [
  { method: 'GET', path: '/hello', doc: 'Says hello.', handle: (query) => textResponse(`hello ${query.get('to')}\n`) },
  { method: 'GET', path: '/parts', doc: 'Comes in parts.', handle: () => jsonResponse(['[1', ',2', ']']) },
  { method: 'GET', path: '/endless', doc: 'Never ends.', handle: () => textResponse(endless()) },
  {
    method: 'GET',
    path: '/broken',
    doc: 'Throws.',
    handle() {
      throw new Error('it broke');
    },
  },
  { method: 'POST', path: '/stop', doc: 'Changes something.', handle: () => textResponse('OK\n') },
];

describe('the admin server', () => {
  beforeEach(() => start(PAGES));

  it('serves a page with its query', async () => {
    expect(await call('/hello?to=you')).toMatchObject({ status: 200, body: 'hello you\n' });
  });

  it('lists every page at /', async () => {
    const { body } = await call('/');
    expect(body).toContain('GET /hello    Says hello.\n');
    expect(body).toContain('POST /stop    Changes something.\n');
  });

  it('joins the parts of a page', async () => {
    const answer = await call('/parts');
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.body).toBe('[1,2]');
  });

  it('answers HEAD with the head alone', async () => {
    expect(await call('/hello', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('says what a page takes when the method is wrong: 405 with Allow', async () => {
    expect(await call('/stop')).toMatchObject({
      status: 405,
      body: '/stop takes POST, not GET.\n',
      headers: { allow: 'POST' },
    });
    expect(await call('/hello', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('names the nearest page for an unknown one: 404', async () => {
    const answer = await call('/helo');
    expect(answer.status).toBe(404);
    expect(answer.body).toBe('There is no page "/helo". Did you mean /hello? GET / lists all.\n');
  });

  it('makes a 500 with one sentence of a page that throws, and serves on', async () => {
    expect(await call('/broken')).toMatchObject({ status: 500, body: 'The page failed: it broke.\n' });
    expect(await call('/hello')).toMatchObject({ status: 200 });
  });

  it('refuses foreign hosts and origins: 403', async () => {
    expect(await call('/hello', { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 });
    const stop = { method: 'POST', headers: { origin: 'https://evil.example' } };
    expect(await call('/stop', stop)).toMatchObject({ status: 403 });
  });

  it('takes a small body and no large one', async () => {
    expect(await call('/stop', { method: 'POST' }, 'x'.repeat(1_000))).toMatchObject({ status: 200 });
    const socket = connect(bound.port, bound.host);
    socket.on('error', () => {});
    socket.write('POST /stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n');
    const pump = (): void => void socket.write(LARGE_PART, (error) => error || setImmediate(pump));
    pump();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.bytesWritten).toBeLessThan(50_000_000);
  });

  it('answers a head over 16 KiB with 431', async () => {
    expect(await call('/hello', { headers: { cookie: 'x'.repeat(17_000) } })).toMatchObject({ status: 431 });
  });
});

describe('the end of an admin server', () => {
  beforeEach(() => start(PAGES));

  async function readEndless(): Promise<Socket> {
    const socket = connect(bound.port, bound.host);
    socket.on('error', () => {});
    socket.write('GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    return socket;
  }

  it('drains at once when nobody is reading', async () => {
    await call('/hello');
    await server.drain(1_000);
    await expect(call('/hello')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends readers that are still there at the deadline', async () => {
    const socket = await readEndless();
    const drained = server.drain(1_000);
    clock.advance(1_000);
    await drained;
    socket.resume();
    await once(socket, 'close');
  });

  it('may be closed twice', async () => {
    await server.close();
    await server.close();
  });
});

describe('a taken port', () => {
  it("rejects start with the system's error", async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    server = new AdminServer({ address: { host: '127.0.0.1', port }, routes: [], clock, log: silentLog });
    await expect(server.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    holder.close();
  });
});

describe('the pages of a sidecar', () => {
  let state: ServerState = 'PRE_INITIALIZING';
  let quits = 0;
  const source: SidecarSource = {
    state: () => state,
    stats: () => new Map([['server.live', 1]]),
    prometheus: () => '# TYPE envoy_server_live gauge\nenvoy_server_live 1\n',
    clusters: () => [],
    listeners: () => [{ name: 'outbound', addresses: [{ host: '127.0.0.1', port: 15_001 }] }],
    workers: () => [{ index: 1, pid: 7, running: true, activeRequests: 2, restarts: 0 }],
    xds: () => null,
    configDump: () => '{"configs":[]}',
    quit: () => {
      quits += 1;
    },
  };

  beforeEach(() => start(sidecarRoutes(source)));

  it('are ready with 200 LIVE, and 503 with the state before and after', async () => {
    expect(await call('/ready')).toMatchObject({ status: 503, body: 'PRE_INITIALIZING\n' });
    state = 'LIVE';
    expect(await call('/ready')).toMatchObject({ status: 200, body: 'LIVE\n' });
    state = 'DRAINING';
    expect(await call('/ready')).toMatchObject({ status: 503, body: 'DRAINING\n' });
  });

  it('name the processes that carry the traffic, a line for each fact', async () => {
    const { body } = await call('/workers');
    expect(body).toBe('1::pid::7\n1::running::true\n1::rq_active::2\n1::restarts::0\n');
  });

  it.each(['/stats', '/clusters', '/listeners', '/workers', '/xds', '/config_dump'])(
    '%s is JSON with ?format=json',
    async (path) => {
      const answer = await call(`${path}?format=json`);
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect(typeof JSON.parse(answer.body)).toBe('object');
    },
  );

  it('know no other format: 400', async () => {
    expect(await call('/stats?format=xml')).toMatchObject({ status: 400 });
  });

  it('carry the content type of Prometheus text', async () => {
    const answer = await call('/stats/prometheus');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('quit only on POST', async () => {
    expect(await call('/quitquitquit')).toMatchObject({ status: 405 });
    expect(quits).toBe(0);
    expect(await call('/quitquitquit', { method: 'POST' })).toMatchObject({ status: 200, body: 'OK\n' });
    expect(quits).toBe(1);
  });
});
