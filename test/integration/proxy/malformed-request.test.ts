// Promises about requests that are not HTTP: they are answered 400, 431 or 408, the connection closes, and no pod ever sees them.
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get, post, type RawClient } from '../../support/raw-client.ts';
import { echo, named, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const HOST = 'Host: web\r\n';
const HEAD = `POST / HTTP/1.1\r\n${HOST}`;

const MALFORMED: readonly (readonly [what: string, bytes: string])[] = [
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a request line of one word', `GARBAGE\r\n${HOST}\r\n`],
  ['a request line with two spaces', `GET  / HTTP/1.1\r\n${HOST}\r\n`],
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ['a target that is neither path nor URL', `GET web HTTP/1.1\r\n${HOST}\r\n`],
  ['a space in a field name', `GET / HTTP/1.1\r\n${HOST}X Y: 1\r\n\r\n`],
  ['a space before the colon', `GET / HTTP/1.1\r\n${HOST}X : 1\r\n\r\n`],
  ['an empty field name', `GET / HTTP/1.1\r\n${HOST}: 1\r\n\r\n`],
  ['NUL in a value', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
  ['both lengths', `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['two equal Content-Lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ['two different Content-Lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello`],
  ['a list as Content-Length', `${HEAD}Content-Length: 5, 5\r\n\r\nhello`],
  ['a signed Content-Length', `${HEAD}Content-Length: +5\r\n\r\nhello`],
  ['another transfer coding', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['Transfer-Encoding with a tab inside', `${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ['chunked in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['bare LF', 'GET / HTTP/1.1\nHost: web\n\n'],
  ['bare LF in one line', `GET / HTTP/1.1\r\n${HOST}X: 1\n\r\n`],
  ['bare CR', `GET / HTTP/1.1\r\n${HOST}X: 1\rY: 2\r\n\r\n`],
  ['a folded line', `GET / HTTP/1.1\r\n${HOST}X: 1\r\n 2\r\n\r\n`],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two Hosts', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: web/evil\r\n\r\n'],
  ['CONNECT with a body', 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\nContent-Length: 5\r\n\r\nhello'],
  ['CONNECT without a port', 'CONNECT web HTTP/1.1\r\nHost: web\r\n\r\n'],
];

const BAD_CHUNKS: readonly (readonly [what: string, bytes: string])[] = [
  ['a size that is no number', 'x\r\n'],
  ['a negative size', '-1\r\n'],
  ['a size with 0x', '0x5\r\nhello\r\n'],
  ['a size of 17 digits', '00000000000000001\r\nx\r\n'],
  ['a bare LF behind the size', '5\nhello\r\n'],
  ['data longer than its size', '5\r\nhello!\r\n'],
  ['a forbidden trailer', '0\r\nContent-Length: 5\r\n\r\n'],
  ['a trailer without colon', '0\r\ngarbage\r\n\r\n'],
];

async function setUp(clock?: ManualClock): Promise<{ backend: ScriptedBackend; plane: LivePlane; client: RawClient }> {
  const backend = await stage.backend(named('a'));
  const plane = await stage.plane({ services: { web: [backend] }, ...(clock === undefined ? {} : { clock }) });
  return { backend, plane, client: await plane.client() };
}

async function expectRefusal(client: RawClient, error: string): Promise<void> {
  const answer = await client.answer();
  expect(`${answer.status} ${answer.get('x-switchboard-error')}`).toBe(error);
  expect(answer.get('connection')).toBe('close');
  expect(await client.rest()).toBe('');
  expect(await client.finish()).toBe('fin');
}

describe('a malformed head', () => {
  it.each(MALFORMED)('(%s) is answered 400, closes the connection and reaches no pod', async (_what, bytes) => {
    const { backend, plane, client } = await setUp();
    client.send(bytes);
    await expectRefusal(client, '400 DPE malformed_request');
    const record = await plane.logged(0);
    expect([record.status, record.flags, record.method, record.attempts]).toEqual([400, 'DPE', '', 0]);
    expect(plane.stat('http.outbound.downstream_cx_protocol_error')).toBe(1);
    expect(backend.connections).toHaveLength(0);
  });

  it('is told at once, before its end has come', async () => {
    const { client } = await setUp();
    client.send('GET / HTTP/1.1\nHost: web');
    await expectRefusal(client, '400 DPE malformed_request');
  });

  it('larger than 60 KiB is answered 431', async () => {
    const { backend, client } = await setUp();
    client.send(`GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(70_000)}`);
    await expectRefusal(client, '431 DPE request_head_too_large');
    expect(backend.connections).toHaveLength(0);
  });

  it('with more than 100 fields is answered 431', async () => {
    const { backend, client } = await setUp();
    client.send(get('web', '/', 'x: y\r\n'.repeat(100)));
    await expectRefusal(client, '431 DPE request_head_too_large');
    expect(backend.connections).toHaveLength(0);
  });

  it('behind good requests in one packet waits until those are answered', async () => {
    const { backend, plane, client } = await setUp();
    backend.script = () => {};
    client.send(`${get('web', '/1')}${get('web', '/2')}GET / HTTP/1.1\nHost: web\n\n${get('web', '/3')}`);
    (await backend.request(0)).connection.answer(200, 'one');
    expect((await client.answer()).text).toBe('one');
    (await backend.request(1)).connection.answer(200, 'two');
    expect((await client.answer()).text).toBe('two');
    await expectRefusal(client, '400 DPE malformed_request');
    expect(backend.requests.map(({ target }) => target)).toEqual(['/1', '/2']);
    expect(plane.log.map(({ status }) => status)).toEqual([200, 200, 400]);
  });

  it('behind an answered request of the same connection says nothing of that request', async () => {
    const { plane, client } = await setUp();
    await client.ask(get('web', '/secret'));
    client.send('garbage\r\n\r\n');
    await expectRefusal(client, '400 DPE malformed_request');
    const record = await plane.logged(1);
    expect([record.path, record.authority, record.requestId, record.upstreamHost]).toEqual(['', '', '', '']);
  });

  it('of a caller who leaves without reading leaves nothing behind', async () => {
    const { plane, client } = await setUp();
    client.send('garbage\r\n\r\n');
    client.reset();
    await until('the connection is gone', () => plane.stat('http.outbound.downstream_cx_active') === 0);
  });
});

describe('a slow head', () => {
  it('is answered 408 when it has not come whole within 10 s of its first byte', async () => {
    const clock = new ManualClock();
    const { plane, client } = await setUp(clock);
    await until('it is accepted', () => plane.stat('http.outbound.downstream_cx_active') === 1);
    clock.advance(60_000);
    client.send('GET / HTTP/1.1\r\nHo');
    await turns(20);
    clock.advance(9_900);
    client.send('st: w');
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(200);
    await expectRefusal(client, '408 SI request_head_timeout');
  });

  it('that comes in time is served, and so is the next', async () => {
    const clock = new ManualClock();
    const { client } = await setUp(clock);
    for (let i = 0; i < 3; i += 1) {
      client.send('GET / HTTP/1.1\r\nHo');
      await turns(20);
      clock.advance(9_900);
      client.send('st: web\r\n\r\n');
      expect((await client.answer()).status).toBe(200);
    }
  });

  it('behind a pipelined request is measured from that answer on', async () => {
    const clock = new ManualClock();
    const { backend, client } = await setUp(clock);
    backend.script = () => {};
    client.send(`${get('web')}GET / HT`);
    const request = await backend.request(0);
    clock.advance(60_000);
    request.connection.answer(200, 'late');
    expect((await client.answer()).text).toBe('late');
    clock.advance(10_100);
    await expectRefusal(client, '408 SI request_head_timeout');
  });
});

describe('a malformed body', () => {
  const START = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

  it.each(BAD_CHUNKS)(
    '(%s) in one packet with its head is answered 400 and reaches no pod whole',
    async (_what, bytes) => {
      const { backend, client } = await setUp();
      client.send(`${START}${chunk('first')}${bytes}`);
      await expectRefusal(client, '400 DPE malformed_request');
      for (const request of backend.requests) await expect(request.body).rejects.toThrow('the connection ended');
    },
  );

  it.each(BAD_CHUNKS)('(%s) ends the request that was on its way to a pod', async (_what, bytes) => {
    const { backend, plane, client } = await setUp();
    backend.script = () => {};
    client.send(`${START}${chunk('first')}`);
    const request = await backend.request(0);
    client.send(bytes);
    await expectRefusal(client, '400 DPE malformed_request');
    await expect(request.body).rejects.toThrow('the connection ended');
    await request.connection.closed;
    expect((await plane.logged(0)).flags).toBe('DPE');
    expect(plane.stat('cluster.web.upstream_rq_active')).toBe(0);
  });

  it('after the answer has begun cuts the connection', async () => {
    const { backend, plane, client } = await setUp();
    backend.script = (_request, connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    client.send(`${START}${chunk('first')}`);
    await backend.request(0);
    await until('the answer has begun', () => client.socket.bytesRead > 0);
    client.send('garbage\r\n');
    await expect(client.answer()).rejects.toThrow('the connection ended');
    expect((await plane.logged(0)).flags).toBe('DPE');
    await backend.connections[0]?.closed;
  });

  it('is not retried, nor is what follows it a request', async () => {
    const { backend, client } = await setUp();
    client.send(`${START}garbage\r\n${get('web', '/smuggled')}`);
    await expectRefusal(client, '400 DPE malformed_request');
    expect(backend.requests.filter(({ target }) => target === '/smuggled')).toHaveLength(0);
  });

  it('with extensions by the megabyte is refused', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    client.send(START + `1;${'x'.repeat(4_000)}\r\nx\r\n`.repeat(20));
    await expectRefusal(client, '400 DPE malformed_request');
  });
});

describe('a good request behind a good one', () => {
  it('is not taken for a body: what a Content-Length leaves over is the next request', async () => {
    const { backend, client } = await setUp();
    client.send(`${post('web', 'GET /x HTTP/1.1\r\n\r\n')}${get('web', '/y')}`);
    await client.answer();
    await client.answer();
    expect(backend.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['POST /', 'GET /y']);
  });
});
