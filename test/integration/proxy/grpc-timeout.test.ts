// Promises about the deadline of a call: it ends by it whatever its state, and whoever is asked is told what is left of it.
import { constants } from 'node:http2';
import type { RouteActionSpec, RouteSpec } from '../../../src/model/route-spec.ts';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

const ok: Http2Script = (stream) => stream.respond({}, { endStream: true });
const GRPC = { ':method': 'POST', 'content-type': 'application/grpc' };
const LATE = { ':status': 200, 'grpc-status': '4', 'x-switchboard-error': 'UT upstream_timeout' };

async function setUp(script: Http2Script = ok, pods = 1, options: LivePlaneOptions = {}) {
  const clock = new ManualClock();
  const backends = await Promise.all(Array.from({ length: pods }, () => Http2Backend.start(script)));
  closers.push(...backends.map((backend) => () => backend.close()));
  const plane = await stage.plane({ services: { web: backends }, http2Services: ['web'], clock, ...options });
  const caller = callerOf(plane);
  const asked = () => backends.flatMap(({ requests }) => requests);
  return { clock, plane, caller, asked };
}

function callerOf(plane: LivePlane): Http2Caller {
  const caller = new Http2Caller(plane.port);
  closers.push(() => caller.close());
  return caller;
}

/** What the one route of every service says besides. */
function setRoutes(plane: LivePlane, action: Partial<RouteActionSpec>, headers?: RouteSpec['headers']): void {
  const { virtualHosts, ...config } = plane.routes(['web']);
  const change = (route: RouteSpec): RouteSpec => ({
    ...route,
    action: { cluster: 'web', timeoutMs: 0, ...action },
    ...(headers === undefined ? {} : { headers }),
  });
  const changed = virtualHosts.map((host) => ({ ...host, routes: host.routes.map(change) }));
  plane.apply({ routes: { upserted: [{ ...config, virtualHosts: changed }], removed: [] } });
}

describe('the time that a caller gives its call', () => {
  it('reaches the endpoint, once, as what is left of it', async () => {
    const { caller, asked } = await setUp();
    await caller.ask('web', { ...GRPC, 'grpc-timeout': '2S' }, 'x');
    await caller.ask('web', { ...GRPC, 'grpc-timeout': '1H' }, 'x');
    await caller.ask('web', GRPC, 'x');
    expect(asked().map((headers) => headers['grpc-timeout'])).toEqual(['2000000u', '3600000m', undefined]);
  });

  it('is less for each attempt: what is left then', async () => {
    let clock = new ManualClock();
    const { caller, asked, ...scene } = await setUp((stream) => {
      if (asked().length === 3) ok(stream, {});
      else {
        clock.advance(600);
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
      }
    }, 3);
    clock = scene.clock;
    expect((await caller.ask('web', { ...GRPC, 'grpc-timeout': '2S' }, 'x')).status).toBe(200);
    expect(asked().map((headers) => headers['grpc-timeout'])).toEqual(
      expect.arrayContaining(['2000000u', '1400000u', '800000u']),
    );
  });

  it('reaches endpoints of HTTP/1.1 too', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, clock: new ManualClock() });
    await callerOf(plane).ask('web', { ...GRPC, 'grpc-timeout': '70S' }, 'x');
    const { fields } = (await backend.request(0)).head;
    expect(fields.filter(([name]) => name === 'grpc-timeout')).toEqual([['grpc-timeout', '70000000u']]);
  });

  it.each([
    ['leaves it alone', { add: [{ name: 'x-a', value: '1', action: 'append' as const }], remove: [] }, '2000000u'],
    ['sets another', { add: [{ name: 'grpc-timeout', value: '7S', action: 'overwrite' as const }], remove: [] }, '7S'],
    ['takes it away', { add: [], remove: ['grpc-timeout'] }, undefined],
  ])('is left to a route that changes headers and %s', async (_what, request, expected) => {
    const { plane, caller, asked } = await setUp();
    setRoutes(plane, {}, { request });
    await caller.ask('web', { ...GRPC, 'grpc-timeout': '2S' }, 'x');
    expect(asked()[0]?.['grpc-timeout']).toBe(expected);
  });

  it('that is none is passed on as it came', async () => {
    const { caller, asked } = await setUp();
    await caller.ask('web', { ...GRPC, 'grpc-timeout': 'soon' }, 'x');
    expect(asked()[0]?.['grpc-timeout']).toBe('soon');
  });

  it('of 0 ends the call before anybody is asked', async () => {
    const { caller, asked, plane } = await setUp();
    const answer = await caller.ask('web', { ...GRPC, 'grpc-timeout': '0S' }, 'x');
    expect(answer.headers).toMatchObject(LATE);
    expect(asked()).toEqual([]);
    expect((await plane.logged(0)).attempts).toBe(0);
  });

  it('ends a conversation whose caller is not done, and its endpoint is told', async () => {
    const { caller, clock, plane, asked } = await setUp(() => {});
    const chat = caller.open('web', { ...GRPC, 'grpc-timeout': '2S' }, false);
    chat.write('x');
    await until('the endpoint is asked', () => asked().length === 1);
    const answer = answerOf(chat);
    clock.advance(1_900);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(200);
    expect((await answer).headers).toMatchObject(LATE);
    await until('no stream is open', () => plane.stat('cluster.web.upstream_rq_active') === 0);
  });

  it('ends an answer in work with a reset', async () => {
    const { caller, clock, plane } = await setUp((stream) => {
      stream.respond({});
      stream.write('half');
    });
    const call = caller.open('web', { ...GRPC, 'grpc-timeout': '2S' }, true);
    const answer = answerOf(call);
    await new Promise((resolve) => call.once('data', resolve));
    clock.advance(2_100);
    await expect(answer).rejects.toThrow('reset');
    expect((await plane.logged(0)).details).toBe('upstream_timeout: not complete by its deadline of 2000 ms');
  });

  it('counts beside the timeout of the route: whichever is over first', async () => {
    const { caller, clock, plane, asked } = await setUp(() => {});
    setRoutes(plane, { timeoutMs: 500 });
    const answer = caller.ask('web', { ...GRPC, 'grpc-timeout': '2S' }, 'x');
    await until('the endpoint is asked', () => asked().length === 1);
    await turns(20);
    clock.advance(600);
    expect((await answer).headers).toMatchObject(LATE);
    expect((await plane.logged(0)).details).toBe('upstream_timeout: no complete answer within 500 ms');
  });
});

describe('a route', () => {
  it('with a gRPC timeout gives calls that have none the most of it, and no timeout else', async () => {
    const { caller, clock, plane, asked } = await setUp(() => {});
    setRoutes(plane, { timeoutMs: 100, grpcTimeout: { maxMs: 1_000, offsetMs: 0 } });
    const answer = caller.ask('web', GRPC, 'x');
    await until('the endpoint is asked', () => asked().length === 1);
    expect(asked()[0]?.['grpc-timeout']).toBe('1000000u');
    await turns(20);
    clock.advance(900);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(200);
    expect((await answer).headers).toMatchObject(LATE);
  });

  it('tells an endpoint of the offset that it takes off', async () => {
    const { caller, plane, asked } = await setUp();
    setRoutes(plane, { streamDuration: { grpcTimeoutMaxMs: 0, grpcTimeoutOffsetMs: 250 } }, undefined);
    await caller.ask('web', { ...GRPC, 'grpc-timeout': '2S' }, 'x');
    expect(asked()[0]?.['grpc-timeout']).toBe('1750000u');
  });
});

describe('a listener with a stream duration', () => {
  it('ends any call after that, HTTP/1.1 as well: 504', async () => {
    const backend = await stage.backend(silent);
    const clock = new ManualClock();
    const plane = await stage.plane({ services: { web: [backend] }, clock, http: { maxStreamDurationMs: 3_000 } });
    const client = await plane.client();
    client.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    await backend.request(0);
    clock.advance(2_900);
    await turns(20);
    expect(plane.log).toHaveLength(0);
    clock.advance(200);
    expect((await client.answer()).status).toBe(504);
  });
});
