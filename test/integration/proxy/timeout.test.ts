// Promises about time: who is waited for, how long, and what is told then.
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post, type RawAnswer, type RawClient } from '../../support/raw-client.ts';
import { echo, named, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

interface Scene {
  readonly clock: ManualClock;
  readonly backend: ScriptedBackend;
  readonly plane: LivePlane;
  readonly client: RawClient;
}

/** One silent pod and a clock that stands still. */
async function setUp(options: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const backend = await stage.backend(silent);
  const plane = await stage.plane({ services: { web: [backend] }, clock, ...options });
  return { clock, backend, plane, client: await plane.client() };
}

describe('the timeout of a route', () => {
  it('is told as 504 UT, ends the attempt, and keeps the caller', async () => {
    const { clock, backend, plane, client } = await setUp({ routeTimeoutMs: 15_000 });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(14_950);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(100);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
    await connection.closed;
    backend.script = named('a');
    expect((await client.ask(get('web'))).text).toBe('a /');
    expect((await plane.logged(0)).flags).toBe('UT');
    expect(plane.endpoint('web', backend)).toMatchObject({
      requestsTimedOut: 1,
      requestsError: 1,
      lastError: 'no answer in time',
    });
  });

  it('begins when the request has come whole, however long that took', async () => {
    const { clock, backend, plane, client } = await setUp({ routeTimeoutMs: 15_000 });
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nslow');
    const request = await backend.request(0);
    clock.advance(60_000);
    client.send('er now');
    await request.body;
    clock.advance(14_900);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(150);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
  });

  it('cuts an answer off that has begun and does not end', async () => {
    const { clock, backend, plane, client } = await setUp({ routeTimeoutMs: 15_000 });
    backend.script = (_request, connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    client.send(get('web'));
    await until('it has begun', () => client.socket.bytesRead > 0);
    clock.advance(15_050);
    await expect(client.answer()).rejects.toThrow('the connection ended');
    expect((await plane.logged(0)).flags).toBe('UT');
  });

  it('covers the pause before a retry', async () => {
    const { clock, backend, plane, client } = await setUp({ routeTimeoutMs: 100 });
    backend.script = (_request, connection) => connection.reset();
    client.send(get('web'));
    await until('the pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    backend.script = silent;
    clock.advance(25);
    await backend.request(1);
    clock.advance(150);
    expect(failure(await client.answer())).toBe('504 UT upstream_timeout');
    expect(backend.requests).toHaveLength(2);
  });

  it('of one request does not reach into the next', async () => {
    const { clock, backend, client } = await setUp({ routeTimeoutMs: 1_000 });
    backend.script = named('a');
    for (let i = 0; i < 5; i += 1) {
      expect((await client.ask(get('web'))).text).toBe('a /');
      clock.advance(900);
    }
    backend.script = silent;
    client.send(get('web'));
    await backend.request(5);
    clock.advance(900);
    backend.requests[5]?.connection.answer(200, 'in time');
    expect((await client.answer()).text).toBe('in time');
  });

  it('of 0 waits for ever', async () => {
    const { clock, backend, client } = await setUp({ streamIdleTimeoutMs: 0 });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(86_400_000);
    await turns(20);
    connection.answer(200, 'at last');
    expect((await client.answer()).text).toBe('at last');
  });
});

describe('the timeout of a connection to a pod', () => {
  it('sends the request to another pod after 5 s', async () => {
    const lookup: LookupFunction = () => {};
    const backend = await stage.backend(echo);
    const dial = (host: string, port: number): Socket =>
      connect({ host: port === 9 ? 'never.test' : host, port, ...(port === 9 ? { lookup } : {}), allowHalfOpen: true });
    const clock = new ManualClock();
    const plane = await stage.plane({ services: { web: [{ host: '127.0.0.1', port: 9 }, backend] }, clock, dial });
    for (let i = 0; i < 2; i += 1) {
      const client = await plane.client();
      client.send(post('web', 'hello'));
      const dialled = (): number => plane.stat('cluster.web.upstream_cx_total');
      await until('a pod is dialled', () => dialled() > 0 && plane.stat('http.outbound.downstream_rq_total') === i + 1);
      if (backend.requests.length === i) {
        await turns(50);
        if (plane.log.length === i) clock.advance(5_050);
      }
      expect((await client.answer()).text).toBe('hello');
    }
    expect(plane.stat('cluster.web.upstream_cx_connect_fail')).toBeGreaterThan(0);
    expect(plane.endpoint('web', { host: '127.0.0.1', port: 9 })?.lastError).toBe('no connection within 5000 ms');
  });

  it('is told as UF when there is no other pod, after three attempts', async () => {
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket =>
      connect({ host: 'never.test', port, lookup, allowHalfOpen: true });
    const { clock, plane, client } = await setUp({ dial, connectTimeoutMs: 1_000 });
    client.send(get('web'));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until('it is dialled', () => {
        clock.advance(1);
        return plane.stat('cluster.web.upstream_cx_total') === attempt;
      });
      clock.advance(1_050);
    }
    expect(failure(await client.answer())).toBe('503 UF upstream_connection_failure');
  });

  it('is told as UF after three attempts where there are more: who is silent is not passed over', async () => {
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket =>
      connect({ host: 'never.test', port, lookup, allowHalfOpen: true });
    const clock = new ManualClock();
    const pods = Array.from({ length: 9 }, (_, index) => ({ host: '127.0.0.1', port: index + 1 }));
    const plane = await stage.plane({ services: { web: pods }, clock, dial, connectTimeoutMs: 1_000 });
    const client = await plane.client();
    client.send(get('web'));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until('it is dialled', () => plane.stat('cluster.web.upstream_cx_total') === attempt);
      clock.advance(1_050);
    }
    expect(failure(await client.answer())).toBe('503 UF upstream_connection_failure');
    expect((await plane.logged(0)).attempts).toBe(3);
  });

  it('follows a change of the cluster, for pods that are known already too', async () => {
    const lookup: LookupFunction = () => {};
    let reachable = true;
    const dial = (host: string, port: number): Socket =>
      connect({ host: reachable ? host : 'never.test', port, ...(reachable ? {} : { lookup }), allowHalfOpen: true });
    const { clock, backend, plane, client } = await setUp({ dial });
    backend.script = (_request, connection) => connection.answer(200, 'ok', 'Connection: close\r\n');
    await client.ask(get('web'));
    plane.apply({ clusters: { upserted: [{ ...plane.cluster('web'), connectTimeoutMs: 200 }], removed: [] } });
    reachable = false;
    client.send(get('web'));
    await until('it is dialled', () => plane.stat('cluster.web.upstream_cx_total') === 2);
    clock.advance(250);
    await until('it is given up', () => plane.stat('cluster.web.upstream_cx_connect_fail') === 1);
    reachable = true;
    clock.advance(25);
    expect((await client.answer()).text).toBe('ok');
  });
});

describe('an idle caller', () => {
  it('is let go after one to two times the idle timeout, in order', async () => {
    const { clock, backend, plane, client } = await setUp({ idleTimeoutMs: 10_000 });
    backend.script = named('a');
    await client.ask(get('web'));
    clock.advance(9_900);
    await client.ask(get('web'));
    clock.advance(9_900);
    expect(plane.stat('http.outbound.downstream_cx_active')).toBe(1);
    clock.advance(10_300);
    expect(await client.rest()).toBe('');
    expect(await client.finish()).toBe('fin');
  });

  it('is not idle while it waits for an answer', async () => {
    const { clock, backend, client } = await setUp({ idleTimeoutMs: 10_000 });
    client.send(get('web'));
    const { connection } = await backend.request(0);
    clock.advance(100_000);
    await turns(20);
    connection.answer(200, 'late');
    expect((await client.answer()).text).toBe('late');
  });

  it('who takes no FIN is let go a second later', async () => {
    const { clock, plane, client } = await setUp({ idleTimeoutMs: 10_000 });
    await until('it is accepted', () => plane.stat('http.outbound.downstream_cx_active') === 1);
    clock.advance(10_100);
    expect(await client.rest()).toBe('');
    await turns(20);
    clock.advance(1_100);
    await until('it is let go', () => plane.stat('http.outbound.downstream_cx_active') === 0);
  });
});
