// Promises about connections that pods close while they are idle: no request is lost with one.
import { seededRandom } from '../../../src/base/random.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post } from '../../support/raw-client.ts';
import { type BackendConnection, named, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** A pod that ends a connection `idleMs` after its last answer. */
function closesIdle(clock: ManualClock, idleMs: number, fields = ''): Script {
  const timers = new Map<BackendConnection, () => void>();
  return async (request, connection) => {
    timers.get(connection)?.();
    const { body } = await request.body;
    connection.answer(200, body.toString(), fields);
    timers.set(
      connection,
      clock.after(idleMs, () => connection.end()),
    );
  };
}

async function setUp(clock: ManualClock, script: Script) {
  const backend = await stage.backend(script);
  const plane = await stage.plane({ services: { web: [backend] }, clock });
  return { backend, plane, client: await plane.client() };
}

describe('a pod that closes connections idle for 300 ms', () => {
  it('loses none of 300 POSTs that come round that age, and sees each once', async () => {
    const clock = new ManualClock();
    const random = seededRandom(1);
    const { backend, plane, client } = await setUp(clock, closesIdle(clock, 300));
    for (let sent = 0; sent < 300; sent += 1) {
      expect((await client.ask(post('web', `body ${sent}`))).text).toBe(`body ${sent}`);
      // The FIN of the pod and the next request are under way at the same time.
      clock.advance(Math.floor(200 + 120 * random.next()));
      if (random.next() < 0.3) await turns(3);
    }
    expect(backend.requests).toHaveLength(300);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(0);
    expect(plane.stat('cluster.web.upstream_rq_503')).toBeNaN();
    expect(plane.stat('cluster.web.upstream_cx_idle_timeout')).toBeGreaterThan(100);
    expect(backend.connections.length).toBeLessThan(290);
  });

  it('is learnt from: connections are closed before it does, and used again until then', async () => {
    const clock = new ManualClock();
    const { backend, plane, client } = await setUp(clock, closesIdle(clock, 300));
    await client.ask(post('web', 'a'));
    clock.advance(300);
    await until('the pod has closed it', () => plane.stat('cluster.web.upstream_cx_idle_closed_remote') === 1);
    await client.ask(post('web', 'b'));
    clock.advance(230);
    await client.ask(post('web', 'c'));
    expect(backend.connections).toHaveLength(2);
    clock.advance(245);
    await client.ask(get('web'));
    expect(backend.connections).toHaveLength(3);
    expect(plane.stat('cluster.web.upstream_cx_idle_timeout')).toBe(1);
    expect(plane.stat('cluster.web.upstream_cx_idle_closed_remote')).toBe(1);
  });
});

describe('a pod that closes one connection just behind an answer', () => {
  it('costs a new connection, and not one for each request of the next five minutes', async () => {
    const clock = new ManualClock();
    const { backend, plane, client } = await setUp(clock, named('a'));
    await client.ask(get('web'));
    clock.advance(2);
    backend.connections[0]?.end();
    await until('it is closed', () => plane.stat('cluster.web.upstream_cx_idle_closed_remote') === 1);
    for (let i = 0; i < 20; i += 1) {
      await client.ask(i === 1 ? get('web') : post('web', 'x'));
      clock.advance(10);
    }
    expect(backend.connections).toHaveLength(2);
  });
});

describe('a pod that says Keep-Alive: timeout=1', () => {
  it('gets POSTs over one connection for 800 ms of idleness, and no longer', async () => {
    const clock = new ManualClock();
    const { backend, client } = await setUp(clock, closesIdle(clock, 1_000, 'Keep-Alive: timeout=1\r\n'));
    await client.ask(post('web', 'a'));
    clock.advance(790);
    await client.ask(post('web', 'b'));
    expect(backend.connections).toHaveLength(1);
    clock.advance(810);
    await client.ask(post('web', 'c'));
    expect(backend.connections).toHaveLength(2);
  });
});

describe('a pod whose limit nobody knows', () => {
  it('gets a GET over a connection idle for 3 s, and after that a POST too', async () => {
    const clock = new ManualClock();
    const { backend, plane, client } = await setUp(clock, closesIdle(clock, 60_000));
    await client.ask(get('web'));
    clock.advance(3_000);
    await client.ask(get('web'));
    clock.advance(2_900);
    await client.ask(post('web', 'x'));
    expect(backend.connections).toHaveLength(1);
    clock.advance(3_100);
    await client.ask(post('web', 'x'));
    expect(backend.connections).toHaveLength(2);
    expect(plane.stat('cluster.web.upstream_cx_idle_spared')).toBe(1);
  });

  it('gets a PUT whose body is too large to be kept over a new connection', async () => {
    const clock = new ManualClock();
    const { backend, client } = await setUp(clock, closesIdle(clock, 60_000));
    await client.ask(get('web'));
    clock.advance(1_000);
    await client.ask(post('web', 'x'.repeat(65_537), '', 'PUT'));
    expect(backend.connections).toHaveLength(2);
  });
});

describe('a GET that meets a connection which the pod has just closed', () => {
  it('is sent again, is counted as repeated, and teaches the limit', async () => {
    const clock = new ManualClock();
    const { backend, plane, client } = await setUp(clock, closesIdle(clock, 60_000));
    await client.ask(get('web'));
    clock.advance(1_000);
    const script = backend.script;
    backend.script = (_request, connection) => {
      backend.script = script;
      connection.reset();
    };
    client.send(get('web'));
    await until('it is lost', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    clock.advance(100);
    expect((await client.answer()).status).toBe(200);
    expect(plane.stat('cluster.web.upstream_rq_retry_repeated')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_retry_unprocessed')).toBe(0);
    clock.advance(810);
    await client.ask(get('web'));
    expect(plane.stat('cluster.web.upstream_cx_idle_timeout')).toBe(1);
  });
});
