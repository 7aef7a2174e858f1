// Promises of HTTP/2: on both sides, and between it and HTTP/1.1.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { GOAWAY, HEADERS, SETTINGS } from '../../../src/proxy/codec/http2/frame.ts';
import { echoStream, Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, TestAddress } from '../../support/live-plane.ts';
import { chunk, get, post } from '../../support/raw-client.ts';
import { echo, named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { frame, framesOf } from '../../unit/proxy/codec/http2/frames.ts';

const stage = new Stage();
const callers: Http2Caller[] = [];
const backends: { close(): void }[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
  for (const backend of backends.splice(0)) backend.close();
});

async function http2Backend(script: Http2Script, maxStreams?: number): Promise<Http2Backend> {
  const backend = await Http2Backend.start(script, maxStreams);
  backends.push(backend);
  return backend;
}

function callerOf(plane: LivePlane): Http2Caller {
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  return caller;
}

/** Says with the first request of each connection that it goes and has looked at nothing. */
async function leavingBackend(): Promise<TestAddress> {
  const goAway = Buffer.concat([frame(SETTINGS, 0, 0), frame(GOAWAY, 0, 0, Buffer.alloc(8))]);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(goAway));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  backends.push({ close: () => server.close() });
  return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
}

/** A Service `web` of HTTP/2 endpoints. */
async function http2Plane(...endpoints: TestAddress[]): Promise<{ plane: LivePlane; caller: Http2Caller }> {
  const plane = await stage.plane({ services: { web: endpoints }, http2Services: ['web'] });
  return { plane, caller: callerOf(plane) };
}

const LARGE = randomBytes(3_000_000);

describe('a caller of HTTP/2', () => {
  it('reaches a pod of HTTP/1.1, body and answer alike', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = callerOf(plane);
    const answer = await caller.ask('web', { ':method': 'POST', 'x-a': '1', cookie: ['a=1', 'b=2'] }, 'hello');
    expect([answer.status, answer.body.toString()]).toEqual([200, 'hello']);
    const [request] = backend.requests;
    expect(request?.get('transfer-encoding')).toBe('chunked');
    expect(request?.get('cookie')).toBe('a=1; b=2');
    expect(request?.get('host')).toBe('web');
    expect(request?.get('x-request-id')).not.toBeNull();
    expect((await plane.logged(0)).protocol).toBe('HTTP/2');
  });

  it('gets the answers of 200 requests at once on one connection, each its own', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = callerOf(plane);
    const paths = Array.from({ length: 200 }, (_, index) => `/${index}`);
    const answers = await Promise.all(paths.map((path) => caller.ask('web', { ':path': path })));
    expect(answers.map(({ body }) => body.toString())).toEqual(paths.map((path) => `a ${path}`));
    expect(plane.stat('http.outbound.downstream_cx_active')).toBe(1);
  });

  it('gets 404 where no Service has that name, and 503 where no pod is left', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const caller = callerOf(plane);
    const missing = await caller.ask('nobody');
    expect([missing.status, missing.headers['x-switchboard-error']]).toEqual([404, 'NR no_route']);
    const empty = await caller.ask('web');
    expect([empty.status, empty.headers['x-switchboard-error']]).toEqual([503, 'UH no_healthy_upstream']);
    expect(Number(empty.headers['content-length'])).toBe(empty.body.length);
  });

  it('gets mesh-made errors as grpc-status where it speaks gRPC', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const caller = callerOf(plane);
    const answer = await caller.ask('web', { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' });
    expect([answer.status, answer.headers['grpc-status'], answer.body.length]).toEqual([200, '14', 0]);
    expect(answer.headers['content-type']).toBe('application/grpc');
    expect(answer.headers['grpc-message']).toContain('No pod of the Service can take the request');
    expect(answer.headers['x-switchboard-error']).toBe('UH no_healthy_upstream');
  });

  it('gets 431 for a head beyond the limit, and the next request goes through', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, maxHeadBytes: 4_096 });
    const caller = callerOf(plane);
    expect((await caller.ask('web', { 'x-large': 'v'.repeat(3_000), 'x-larger': 'w'.repeat(900) })).status).toBe(431);
    expect((await caller.ask('web')).status).toBe(200);
  });

  it('is told by RST_STREAM of an answer that breaks off', async () => {
    const backend = await stage.backend(({ connection }) => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
      connection.socket.destroy();
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = callerOf(plane);
    await expect(caller.ask('web')).rejects.toThrow('reset 2');
    expect((await plane.logged(0)).flags).toBe('UC');
    expect(caller.session.destroyed).toBe(false);
  });

  it('that leaves ends what it asked for', async () => {
    const backend = await stage.backend(() => {});
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = callerOf(plane);
    const stream = caller.open('web');
    await backend.request(0);
    stream.close(8);
    expect((await plane.logged(0)).flags).toBe('DC');
    await until('the upstream connection is closed', () => plane.stat('cluster.web.upstream_cx_active') === 0);
  });

  it('is told to go by GOAWAY when the sidecar drains, and keeps what runs', async () => {
    const backend = await stage.backend(() => {});
    const plane = await stage.plane({ services: { web: [backend] } });
    const caller = callerOf(plane);
    const answer = caller.ask('web');
    const held = await backend.request(0);
    plane.plane.drain();
    await until('GOAWAY has come', () => caller.goAways.length > 0);
    held.connection.answer(200, 'at last');
    expect((await answer).body.toString()).toBe('at last');
    await until('the connection is closed', () => caller.session.closed);
    expect(caller.goAways[0]).toBe(0);
  });
});

describe('a caller of HTTP/1.1', () => {
  it('reaches a pod of HTTP/2, body and answer alike', async () => {
    const backend = await http2Backend(echoStream);
    const { plane } = await http2Plane(backend);
    const client = await plane.client();
    const answer = await client.ask(post('web', 'hello', 'X-Upper: Case\r\nConnection: x-hop\r\nX-Hop: 1\r\n'));
    expect(answer.text).toBe('hello');
    expect(answer.get('transfer-encoding')).toBe('chunked');
    expect(backend.requests[0]).toMatchObject({ 'x-upper': 'Case', ':authority': 'web', 'content-length': '5' });
    expect(backend.requests[0]?.['x-hop']).toBeUndefined();
    expect((await client.ask(get('web', '/next'))).get('x-path')).toBe('/next');
    expect(backend.sessions).toHaveLength(1);
  });

  it('passes its trailers on, and gets those of the answer', async () => {
    const backend = await http2Backend(echoStream);
    const { plane } = await http2Plane(backend);
    const client = await plane.client();
    const head = 'POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nConnection: te\r\n\r\n';
    const answer = await client.ask(`${head}${chunk('hello')}0\r\nX-Sum: 42\r\n\r\n`);
    expect(answer.text).toBe('hello');
    expect(answer.trailers).toEqual(['x-sum: 42']);
  });

  it('shares one upstream connection with others, 40 requests at once', async () => {
    const backend = await http2Backend(echoStream);
    const { plane } = await http2Plane(backend);
    const clients = await Promise.all(Array.from({ length: 40 }, () => plane.client()));
    const answers = await Promise.all(clients.map((client, index) => client.ask(post('web', `body ${index}`))));
    expect(answers.map(({ text }) => text)).toEqual(clients.map((_, index) => `body ${index}`));
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
  });

  it('gets an answer without a body as such', async () => {
    const backend = await http2Backend((stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    const { plane } = await http2Plane(backend);
    const client = await plane.client();
    const answer = await client.ask(get('web'));
    expect([answer.status, answer.get('content-length'), answer.get('transfer-encoding')]).toEqual([
      204,
      undefined,
      undefined,
    ]);
    expect((await client.ask(get('web'))).status).toBe(204);
  });
});

describe('HTTP/2 on both sides', () => {
  it('carries 3 MB each way, through windows that are smaller', async () => {
    const { caller } = await http2Plane(await http2Backend(echoStream));
    const answer = await caller.ask('web', { ':method': 'POST' }, LARGE);
    expect(answer.body.equals(LARGE)).toBe(true);
  });

  it('carries trailers both ways', async () => {
    const { caller } = await http2Plane(await http2Backend(echoStream));
    const stream = caller.session.request(
      { ':authority': 'web', ':path': '/', ':method': 'POST' },
      { endStream: false, waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.end('hello');
    const answer = await answerOf(stream);
    expect([answer.body.toString(), answer.trailers['x-sum']]).toEqual(['hello', '42']);
  });

  it('balances the requests of one connection over three pods', async () => {
    const pods = await Promise.all([1, 2, 3].map(() => http2Backend(echoStream)));
    const { caller } = await http2Plane(...pods);
    await Promise.all(Array.from({ length: 30 }, () => caller.ask('web')));
    expect(pods.map(({ requests }) => requests.length)).toEqual([10, 10, 10]);
  });

  it('opens another connection where a pod takes no more streams', async () => {
    const backend = await http2Backend(() => {
      if (backend.streams.length === 10) for (const each of backend.streams) each.respond({}, { endStream: true });
    }, 4);
    const { plane, caller } = await http2Plane(backend);
    await callerOf(plane).ask('nobody');
    const answers = await Promise.all(Array.from({ length: 10 }, () => caller.ask('web')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(backend.sessions.length).toBeGreaterThanOrEqual(3);
  });

  it('is not stalled by an answer that its caller does not read', async () => {
    const backend = await http2Backend((stream, { ':path': path }) => {
      stream.respond({});
      stream.end(path === '/large' ? LARGE : 'small');
    });
    const { plane, caller } = await http2Plane(backend);
    const stalled = caller.open('web', { ':path': '/large' });
    await until('the answer has begun', () => plane.stat('cluster.web.upstream_rq_active') === 1);
    for (let i = 0; i < 20; i += 1) expect((await caller.ask('web')).body.toString()).toBe('small');
    const pieces: Buffer[] = [];
    for await (const piece of stalled) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
  });

  it('goes around a connection whose pod gives no window: by another one', async () => {
    let connections = 0;
    let received = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
      socket.write(frame(SETTINGS, 0, 0));
      const first = connections === 1;
      socket.on('data', (bytes: Buffer) => {
        if (first) received += bytes.length;
        // Only the second connection answers: 88 is ":status: 200".
        if (!first && framesOf(bytes, 24).some(({ type }) => type === HEADERS))
          socket.write(frame(HEADERS, 5, 1, '88'));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    backends.push({ close: () => server.close() });
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const { caller } = await http2Plane({ host: '127.0.0.1', port });
    const stalled = caller.open('web', { ':method': 'POST' }, false);
    stalled.write(LARGE.subarray(0, 200_000));
    await until('its window is used up', () => received > 65_535);
    expect((await caller.ask('web')).status).toBe(200);
    expect(connections).toBe(2);
    stalled.close(8);
  });

  it('sends what a pod refuses, or has not looked at before it goes, to another one, whatever its method', async () => {
    const refusing = await http2Backend((stream) => stream.close(7));
    const serving = await http2Backend(echoStream);
    const { caller } = await http2Plane(refusing, serving);
    for (let i = 0; i < 4; i += 1) expect((await caller.ask('web', { ':method': 'POST' }, 'x')).status).toBe(200);
    const { caller: other, plane } = await http2Plane(await leavingBackend(), serving);
    for (let i = 0; i < 4; i += 1) expect((await other.ask('web', { ':method': 'POST' }, 'x')).status).toBe(200);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBeGreaterThan(0);
  });

  it('does not repeat a POST that a pod has reset', async () => {
    const pods = [await http2Backend((stream) => stream.close(2)), await http2Backend((stream) => stream.close(2))];
    const { caller } = await http2Plane(...pods);
    const answer = await caller.ask('web', { ':method': 'POST' }, 'x');
    expect([answer.status, answer.headers['x-switchboard-error']]).toEqual([503, 'UC upstream_connection_termination']);
    expect(pods.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it('passes a caller who gives up on to the pod', async () => {
    const codes: number[] = [];
    const backend = await http2Backend((stream) => stream.on('close', () => codes.push(stream.rstCode)));
    const { caller, plane } = await http2Plane(backend);
    const stream = caller.open('web', { ':method': 'POST' }, false);
    await until('the pod has the request', () => backend.streams.length === 1);
    stream.close(8);
    await until('the pod is told', () => codes.length === 1);
    expect(codes).toEqual([8]);
    expect(plane.stat('cluster.web.upstream_cx_active')).toBe(1);
    expect((await plane.logged(0)).flags).toBe('DC');
  });

  it('ends a request whose answer came before it was complete', async () => {
    const backend = await http2Backend((stream) => stream.respond({ ':status': 403 }, { endStream: true }));
    const { caller, plane } = await http2Plane(backend);
    const stream = caller.open('web', { ':method': 'POST' }, false);
    expect((await answerOf(stream)).status).toBe(403);
    expect([plane.stat('cluster.web.upstream_rq_active'), plane.stat('cluster.web.upstream_cx_active')]).toEqual([
      0, 1,
    ]);
  });

  it('sends interim answers on', async () => {
    const backend = await http2Backend((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
      stream.respond({}, { endStream: true });
    });
    const { caller } = await http2Plane(backend);
    const stream = caller.open('web');
    const interims: (number | undefined)[] = [];
    stream.on('headers', (fields) => interims.push(fields[':status']));
    expect((await answerOf(stream)).status).toBe(200);
    expect(interims).toEqual([103]);
  });
});
