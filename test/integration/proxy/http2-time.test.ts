// Promises about time and HTTP/2: who is waited for, how long, and how a connection ends.
import { GOAWAY, HEADERS, PING, SETTINGS } from '../../../src/proxy/codec/http2/frame.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RawHttp2Caller, REQUEST } from '../../support/raw-http2-caller.ts';
import { named, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

async function setUp(options: LivePlaneOptions = {}, script = named('a')) {
  const clock = new ManualClock();
  const backend = await stage.backend(script);
  const plane = await stage.plane({ services: { web: [backend] }, clock, ...options });
  return { clock, backend, plane };
}

async function raw(plane: LivePlane): Promise<RawHttp2Caller> {
  const caller = await RawHttp2Caller.connect(plane.port);
  closers.push(() => caller.socket.destroy());
  await until('the sidecar has said its settings', () => caller.frames.some(({ type }) => type === SETTINGS));
  return caller;
}

function goAways(caller: RawHttp2Caller): number[] {
  return caller.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
}

describe('a connection of a caller', () => {
  it('without a request is closed in order after one to two times the idle timeout', async () => {
    const { clock, plane } = await setUp({ idleTimeoutMs: 60_000 });
    const caller = await raw(plane);
    caller.send(caller.headers(1));
    await until('it is answered', () => caller.frames.some(({ type }) => type === HEADERS));
    clock.advance(59_000);
    await turns(20);
    expect(caller.closed).toBe(false);
    clock.advance(62_000);
    await until('it is closed', () => caller.closed);
    expect(goAways(caller)).toEqual([1]);
  });

  it('whose caller takes nothing of its answers is cut off after five to ten minutes', async () => {
    const { clock, plane } = await setUp({}, ({ connection }) => connection.answer(200, 'x'.repeat(70_000)));
    const caller = await raw(plane);
    caller.send(caller.headers(1));
    // The pod is done with it, and so is the exchange: what is left waits for the caller's window.
    expect((await plane.logged(0)).status).toBe(200);
    clock.advance(299_000);
    await turns(20);
    expect(caller.closed).toBe(false);
    clock.advance(302_000);
    expect(await caller.cutOff()).toBe(11);
  });

  it('with a request in work is not idle', async () => {
    const { clock, backend, plane } = await setUp({ idleTimeoutMs: 60_000 }, silent);
    const caller = await raw(plane);
    caller.send(caller.headers(1));
    const { connection } = await backend.request(0);
    clock.advance(200_000);
    await turns(20);
    connection.answer(200, 'late');
    await until('it is answered', () => caller.frames.some(({ type }) => type === HEADERS));
    expect(caller.closed).toBe(false);
  });

  it.each([
    ['says no SETTINGS', (_caller: RawHttp2Caller) => Buffer.alloc(0), false],
    ['leaves a head unfinished', (caller: RawHttp2Caller) => caller.headers(1, REQUEST, 1), true],
  ])('that %s is cut off after 10 s', async (_what, bytes, settings) => {
    const { clock, plane } = await setUp();
    const caller = await RawHttp2Caller.connect(plane.port, settings);
    closers.push(() => caller.socket.destroy());
    caller.send(bytes(caller));
    await until('the sidecar has said its settings', () => caller.frames.some(({ type }) => type === SETTINGS));
    await turns(20);
    clock.advance(9_900);
    await turns(20);
    expect(caller.closed).toBe(false);
    clock.advance(200);
    expect(await caller.cutOff()).toBe(11);
  });

  it('that begins with a request instead of SETTINGS is cut off', async () => {
    const { plane } = await setUp();
    const caller = await RawHttp2Caller.connect(plane.port, false);
    closers.push(() => caller.socket.destroy());
    caller.send(caller.headers(1));
    expect(await caller.cutOff()).toBe(1);
  });

  it('that is drained hears of it twice: first that the end is near, then with PING or after 1 s which stream is the last', async () => {
    const { clock, plane } = await setUp();
    const caller = await raw(plane);
    plane.plane.drain();
    await until('it is told', () => goAways(caller).length === 1);
    expect(goAways(caller)).toEqual([2 ** 31 - 1]);
    // What was on its way is taken.
    caller.send(caller.headers(1));
    await until('it is answered', () => caller.frames.some(({ type }) => type === HEADERS));
    clock.advance(1_100);
    await until('it is closed', () => caller.closed);
    expect(goAways(caller).slice(1)).toContain(1);
  });

  it('that answers the PING of a drain need not wait', async () => {
    const { plane } = await setUp();
    const caller = await raw(plane);
    plane.plane.drain();
    await until('it is asked', () => caller.frames.some(({ type, flags }) => type === PING && flags === 0));
    caller.send(frame(PING, 1, 0, Buffer.from('draining')));
    await until('it is closed', () => caller.closed);
  });

  it('of 60 s, and with its third request of three, is told to go', async () => {
    const { clock, plane } = await setUp({ maxAgeMs: 60_000 });
    const old = await raw(plane);
    clock.advance(60_100);
    await until('it is told', () => goAways(old).length > 0);
    const { plane: other } = await setUp({ maxRequests: 3 });
    const caller = await raw(other);
    caller.send(caller.headers(1), caller.headers(3), caller.headers(5));
    await until('all are answered', () => caller.frames.filter(({ type }) => type === HEADERS).length === 3);
    expect(goAways(caller)[0]).toBe(2 ** 31 - 1);
  });
});

describe('the deadline of a gRPC call', () => {
  it('ends it as DEADLINE_EXCEEDED where the caller does not, counted from its beginning', async () => {
    const { clock, backend, plane } = await setUp({ routeTimeoutMs: 15_000 }, silent);
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    const headers = { ':method': 'POST', 'content-type': 'application/grpc', 'grpc-timeout': '2S' };
    const stream = caller.open('web', headers, false);
    await backend.request(0);
    clock.advance(1_500);
    stream.end('x');
    await (await backend.request(0)).body;
    const answer = answerOf(stream);
    clock.advance(400);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(200);
    expect((await answer).headers).toMatchObject({
      ':status': 200,
      'grpc-status': '4',
      'x-switchboard-error': 'UT upstream_timeout',
    });
  });
});

describe('a connection to a pod', () => {
  it('that carries nothing is closed after its idle timeout, and another one made', async () => {
    const backend = await Http2Backend.start((stream) => stream.respond({}, { endStream: true }));
    closers.push(() => backend.close());
    const clock = new ManualClock();
    const plane = await stage.plane({
      services: { web: [backend] },
      http2Services: ['web'],
      clock,
      upstreamIdleTimeoutMs: 4_000,
    });
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    expect((await caller.ask('web')).status).toBe(200);
    clock.advance(8_100);
    await until('it is closed', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    expect((await caller.ask('web')).status).toBe(200);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(2);
  });

  it('that cannot come to be makes 503, and goes to another pod where there is one', async () => {
    const refusing = await stage.refusing();
    const plane = await stage.plane({ services: { web: [refusing] }, http2Services: ['web'] });
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    const answer = await caller.ask('web', { ':method': 'POST' }, 'x');
    expect([answer.status, answer.headers['x-switchboard-error']]).toEqual([503, 'UF upstream_connection_failure']);
    const backend = await Http2Backend.start((stream) => stream.respond({}, { endStream: true }));
    closers.push(() => backend.close());
    plane.setEndpoints('web', [refusing, backend]);
    for (let i = 0; i < 4; i += 1) expect((await caller.ask('web', { ':method': 'POST' }, 'x')).status).toBe(200);
  });
});
