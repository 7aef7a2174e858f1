// Promises about how much one caller may take: connections, requests on one, its age, and exchanges in which nothing moves.
import { connect } from 'node:net';
import type { LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import { named, type Script, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const HALF_POST = 'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf';

async function setUp(script: Script, options: LivePlaneOptions = {}) {
  const clock = new ManualClock();
  const backend = await stage.backend(script);
  const plane = await stage.plane({ services: { web: [backend] }, clock, ...options });
  return { clock, backend, plane, client: await plane.client() };
}

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

describe('the requests of a connection', () => {
  it('are three where three are allowed: the answer to the third closes it', async () => {
    const { client } = await setUp(named('a'), { maxRequests: 3 });
    const answers = [await client.ask(get('web')), await client.ask(get('web')), await client.ask(get('web'))];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map((answer) => answer.get('connection'))).toEqual([undefined, undefined, 'close']);
    expect(await client.rest()).toBe('');
  });

  it('are counted where the sidecar answers by itself, too', async () => {
    const { client } = await setUp(named('a'), { maxRequests: 2 });
    expect((await client.ask(get('nobody'))).get('connection')).toBeUndefined();
    expect((await client.ask(get('nobody'))).get('connection')).toBe('close');
  });

  it('leave what was pipelined behind the last one unanswered', async () => {
    const { backend, client } = await setUp(named('a'), { maxRequests: 1 });
    client.send(get('web') + get('web'));
    expect((await client.answer()).get('connection')).toBe('close');
    expect(await client.rest()).toBe('');
    expect(backend.requests).toHaveLength(1);
  });
});

describe('the age of a connection', () => {
  it('of 60 s or up to a tenth less closes it while nothing is in work', async () => {
    const { clock, client } = await setUp(named('a'), { maxAgeMs: 60_000 });
    expect((await client.ask(get('web'))).status).toBe(200);
    clock.advance(53_900);
    expect((await client.ask(get('web'))).get('connection')).toBeUndefined();
    clock.advance(6_150);
    expect(await client.rest()).toBe('');
  });

  it('closes it with the answer in work', async () => {
    const { clock, backend, client } = await setUp(silent, { maxAgeMs: 60_000 });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(60_050);
    await turns(20);
    connection.answer(200, 'late');
    const answer = await client.answer();
    expect([answer.text, answer.get('connection')]).toEqual(['late', 'close']);
  });
});

describe('a connection without a request', () => {
  it.each([
    { listenerMs: 60_000, maxIdleMs: 20_000 },
    { listenerMs: 20_000, maxIdleMs: 60_000 },
    { listenerMs: 0, maxIdleMs: 20_000 },
  ])('is closed after the lesser of what listener and sidecar say: %j', async ({ listenerMs, maxIdleMs }) => {
    const { clock, client } = await setUp(named('a'), { idleTimeoutMs: listenerMs, maxIdleMs });
    expect((await client.ask(get('web'))).status).toBe(200);
    clock.advance(19_900);
    expect((await client.ask(get('web'))).status).toBe(200);
    clock.advance(40_100);
    expect(await client.rest()).toBe('');
  });
});

describe('the connections of a listener', () => {
  it('are two where two are allowed: a third is closed at once, until one has gone', async () => {
    const { plane, client } = await setUp(named('a'), { maxConnections: 2 });
    const second = await plane.client();
    expect((await second.ask(get('web'))).status).toBe(200);
    const third = connect(plane.port, '127.0.0.1');
    third.on('error', () => {});
    await new Promise((resolve) => {
      third.on('close', resolve);
      third.resume();
    });
    expect((await client.ask(get('web'))).status).toBe(200);
    second.socket.destroy();
    await until('one is taken again', () => plane.stat('http.outbound.downstream_cx_active') === 1);
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
  });
});

describe('an exchange in which nothing moves', () => {
  const limit = { streamIdleTimeoutMs: 10_000 };

  it('ends with 408 SI where the caller sends no more of its body', async () => {
    const { clock, backend, plane, client } = await setUp(silent, limit);
    client.send(HALF_POST);
    const request = await backend.request(0);
    clock.advance(9_900);
    client.send('er');
    await until('it has come', () => request.connection.socket.bytesRead > 0);
    await turns(20);
    clock.advance(9_900);
    expect(plane.log).toHaveLength(0);
    clock.advance(20_000);
    expect(failure(await client.answer())).toBe('408 SI request_body_timeout');
    await request.connection.closed;
    expect((await plane.logged(0)).details).toContain('nothing has moved for 10000 ms');
  });

  it('ends with 504 UT where the pod is silent', async () => {
    const { clock, backend, plane, client } = await setUp(silent, limit);
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(20_100);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
    await connection.closed;
    expect(plane.endpoint('web', backend)?.requestsTimedOut).toBe(1);
    backend.script = named('a');
    expect((await client.ask(get('web'))).status).toBe(200);
  });

  it('ends with a cut answer where the pod stops in the middle of it', async () => {
    const { clock, backend, plane, client } = await setUp(silent, limit);
    client.send(get('web'));
    const { connection } = await backend.request(0);
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const answer = client.answer();
    await until('it has come', () => client.socket.bytesRead > 0);
    clock.advance(20_100);
    await expect(answer).rejects.toThrow();
    expect((await plane.logged(0)).flags).toBe('UT');
  });

  it('ends as its route says, where it does', async () => {
    const { clock, backend, client } = await setUp(silent, { ...limit, routeIdleTimeoutMs: 1_000 });
    client.send(get('web'));
    await backend.request(0);
    clock.advance(2_100);
    const answer = await client.answer();
    expect(failure(answer)).toBe('504 UT upstream_timeout');
    expect(answer.text).toContain('nothing has moved for 1000 ms');
  });

  it('never ends where its route says 0', async () => {
    const { clock, backend, client } = await setUp(silent, { ...limit, routeIdleTimeoutMs: 0 });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(3_600_000);
    await turns(20);
    connection.answer(200, 'at last');
    expect((await client.answer()).text).toBe('at last');
  });

  it('does not end while a byte comes now and then, and a quiet connection outlives it', async () => {
    const { clock, backend, plane, client } = await setUp(silent, limit);
    client.send(get('web'));
    const { connection } = await backend.request(0);
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n');
    for (let sent = 0; sent < 6; sent += 1) {
      const before = client.socket.bytesRead;
      connection.send('x');
      await until('it has come', () => client.socket.bytesRead > before);
      clock.advance(9_900);
    }
    expect((await client.answer()).text).toBe('xxxxxx');
    clock.advance(100_000);
    backend.script = named('a');
    expect((await client.ask(get('web'))).status).toBe(200);
    expect(plane.log.map(({ flags }) => flags)).toEqual(['', '']);
  });
});

describe('a request body', () => {
  it('that has not come whole within its time ends with 408 SI, however steadily it comes', async () => {
    const { clock, backend, client } = await setUp(silent, { requestBodyTimeoutMs: 30_000 });
    client.send(HALF_POST);
    await backend.request(0);
    for (let second = 0; second < 4; second += 1) {
      clock.advance(7_000);
      client.send('.');
      await turns(20);
    }
    clock.advance(2_100);
    expect(failure(await client.answer())).toBe('408 SI request_body_timeout');
  });

  it('that came in time leaves the rest of the time to the answer', async () => {
    const { clock, backend, plane, client } = await setUp(silent, { requestBodyTimeoutMs: 30_000 });
    client.send(HALF_POST);
    const request = await backend.request(0);
    clock.advance(29_000);
    client.send('er now');
    await request.body;
    clock.advance(60_000);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    request.connection.answer(200, 'at last');
    expect((await client.answer()).text).toBe('at last');
  });
});

describe('what a listener says of its limits', () => {
  it('goes before what the sidecar was told: requests a connection', async () => {
    const { client } = await setUp(named('a'), { maxRequests: 100, http: { maxRequestsPerConnection: 2 } });
    const answers = [await client.ask(get('web')), await client.ask(get('web'))];
    expect(answers.map((answer) => answer.get('connection'))).toEqual([undefined, 'close']);
  });

  it('goes before what the sidecar was told: age of a connection', async () => {
    const { clock, client } = await setUp(named('a'), { maxAgeMs: 0, http: { maxConnectionDurationMs: 1_000 } });
    await client.ask(get('web'));
    // And half a second for a request that may be on its way.
    clock.advance(1_550);
    expect(await client.rest()).toBe('');
  });

  it('goes before what the sidecar was told: no end of a silence', async () => {
    const { clock, backend, plane, client } = await setUp(silent, {
      streamIdleTimeoutMs: 10_000,
      http: { streamIdleTimeoutMs: 0 },
    });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(3_600_000);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    connection.answer(200, 'at last');
    expect((await client.answer()).text).toBe('at last');
  });

  it('goes before what the sidecar was told: time of a request', async () => {
    const { clock, backend, client } = await setUp(silent, { http: { requestTimeoutMs: 5_000 } });
    client.send(HALF_POST);
    await backend.request(0);
    clock.advance(5_100);
    expect(failure(await client.answer())).toBe('408 SI request_body_timeout');
  });
});
