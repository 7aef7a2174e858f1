// Promises of faults on purpose: who is delayed, who is refused with what, what the log and the statistics say, and who has his way.
import { status as grpcStatus } from '@grpc/grpc-js';
import type { FaultSpec } from '../../../src/model/fault-spec.ts';
import { ALWAYS } from '../../../src/model/fraction-spec.ts';
import type { FilterOverridesSpec, HttpFilterSpec } from '../../../src/model/http-filter-spec.ts';
import type { RouteSpec } from '../../../src/model/route-spec.ts';
import { GrpcCaller, GrpcEcho } from '../../support/grpc-echo.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get, post } from '../../support/raw-client.ts';
import { echo, named, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const PATH = { kind: 'prefix', value: '/' } as const;
const ABORT: FaultSpec = { abort: { abort: { kind: 'http', status: 503 }, share: ALWAYS } };
const DELAY: FaultSpec = { delay: { delay: { kind: 'fixed', ms: 400 }, share: ALWAYS } };

function fault(spec: FaultSpec, rest: Partial<HttpFilterSpec> = {}): HttpFilterSpec {
  return { name: 'fault', config: { kind: 'fault', fault: spec }, ...rest };
}

function override(spec: FaultSpec): FilterOverridesSpec {
  return { fault: { config: { kind: 'fault', fault: spec } } };
}

async function planeOf(
  filters: readonly HttpFilterSpec[],
  options: LivePlaneOptions = {},
  script: Script = named('web'),
): Promise<LivePlane> {
  const backend = await stage.backend(script);
  return stage.plane({ services: { web: [backend] }, ...options, http: { filters, ...options.http } });
}

/** On a clock that the test moves: without it nothing goes on. */
async function delayed(spec: FaultSpec, script: Script = named('web'), options: LivePlaneOptions = {}) {
  const clock = new ManualClock();
  const plane = await planeOf([fault(spec)], { clock, ...options }, script);
  const client = await plane.client();
  const awaitDelay = (): Promise<void> =>
    until('it is delayed', () => plane.stat(`http.${LISTENER}.fault.active_faults`) === 1);
  return { clock, plane, client, awaitDelay };
}

const stat = (plane: LivePlane, name: string): number => plane.stat(`http.${LISTENER}.fault.${name}`);

describe('a request that is to fail', () => {
  it('gets the status that is configured, the flag FI, and reaches no pod', async () => {
    const plane = await planeOf([fault(ABORT)]);
    const answer = await (await plane.client()).ask(get('web'));
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([503, 'FI fault_injected']);
    expect(answer.text).toContain('on purpose');
    expect(await plane.logged(0)).toMatchObject({ status: 503, flags: 'FI', attempts: 0, route: 'web-route' });
    expect([stat(plane, 'aborts_injected'), stat(plane, 'active_faults')]).toEqual([1, 0]);
    expect(plane.stat('cluster.web.upstream_rq_total')).toBe(0);
  });

  it('may get any status from 200 on, told in JSON too', async () => {
    const plane = await planeOf([fault({ abort: { abort: { kind: 'http', status: 418 }, share: ALWAYS } })]);
    const answer = await (await plane.client()).ask(get('web', '/', 'Accept: application/json\r\n'));
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([418, { flag: 'FI', status: 418 }]);
  });

  it('says its own status where it may: by header, as often as that, and no more than is configured', async () => {
    const half = { numerator: 50, denominator: 100 } as const;
    const plane = await planeOf([fault({ abort: { abort: { kind: 'by-header' }, share: half } })]);
    const client = await plane.client();
    const asks = async (fields: string, count: number): Promise<number> => {
      let failed = 0;
      for (let i = 0; i < count; i += 1) {
        if ((await client.ask(get('web', '/', fields))).status === 418) failed += 1;
      }
      return failed;
    };
    const says = 'x-envoy-fault-abort-request: 418\r\n';
    expect(await asks('', 20)).toBe(0);
    expect(await asks('x-envoy-fault-abort-request: 7\r\n', 20)).toBe(0);
    expect(await asks(`${says}x-envoy-fault-abort-request-percentage: 0\r\n`, 20)).toBe(0);
    const more = await asks(`${says}x-envoy-fault-abort-request-percentage: 100\r\n`, 100);
    expect(more).toBeGreaterThan(25);
    expect(more).toBeLessThan(75);
  });

  it('is one of so many: 30 % of 1,000, within 4 points', async () => {
    const plane = await planeOf([
      fault({ abort: { ...ABORT.abort, share: { numerator: 3_000, denominator: 10_000 } } } as FaultSpec),
    ]);
    const client = await plane.client();
    let failed = 0;
    for (let i = 0; i < 1_000; i += 1) if ((await client.ask(get('web'))).status === 503) failed += 1;
    expect(Math.abs(failed - 300)).toBeLessThanOrEqual(40);
    expect(stat(plane, 'aborts_injected')).toBe(failed);
  });

  it('tells a gRPC caller its status: the one that is configured, or what the HTTP status means', async () => {
    const server = await GrpcEcho.start();
    const codes: unknown[] = [];
    for (const abort of [
      { kind: 'grpc', status: 8 },
      { kind: 'http', status: 403 },
    ] as const) {
      const plane = await stage.plane({
        services: { web: [server] },
        http2Services: ['web'],
        http: { filters: [fault({ abort: { abort, share: ALWAYS } })] },
      });
      const caller = new GrpcCaller(plane.port);
      codes.push(await caller.unary(Buffer.from('x')).then(String, (error: { code: number }) => error.code));
      caller.close();
    }
    server.close();
    expect(codes).toEqual([grpcStatus.RESOURCE_EXHAUSTED, grpcStatus.PERMISSION_DENIED]);
  });
});

describe('a request that is to come late', () => {
  it('waits so long, then goes on with its body, and is flagged DI', async () => {
    const { clock, plane, client, awaitDelay } = await delayed(DELAY, echo);
    client.send(post('web', 'the body'));
    await awaitDelay();
    clock.advance(399);
    await turns(5);
    expect(plane.stat('cluster.web.upstream_rq_total')).toBe(0);
    clock.advance(1);
    expect((await client.answer('POST')).text).toBe('the body');
    expect(await plane.logged(0)).toMatchObject({ status: 200, flags: 'DI', attempts: 1 });
    expect([stat(plane, 'delays_injected'), stat(plane, 'active_faults')]).toEqual([1, 0]);
  });

  it('brings what comes of its body meanwhile, and what comes later', async () => {
    const { clock, client, awaitDelay } = await delayed(DELAY, echo);
    client.send(`POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('one ')}`);
    await awaitDelay();
    client.send(chunk('two '));
    await turns(5);
    clock.advance(400);
    client.send(`${chunk('three')}0\r\n\r\n`);
    expect((await client.answer('POST')).text).toBe('one two three');
  });

  it('may fail at its end: both flags, one fault', async () => {
    const { clock, plane, client, awaitDelay } = await delayed({ ...DELAY, ...ABORT });
    client.send(get('web'));
    await awaitDelay();
    clock.advance(400);
    expect((await client.answer()).status).toBe(503);
    expect(await plane.logged(0)).toMatchObject({ flags: 'DI,FI' });
    expect(stat(plane, 'active_faults')).toBe(0);
  });

  it('is counted no longer, and goes nowhere, when its caller leaves', async () => {
    const { clock, plane, client, awaitDelay } = await delayed(DELAY);
    client.send(get('web'));
    await awaitDelay();
    client.socket.destroy();
    expect(await plane.logged(0)).toMatchObject({ flags: 'DI,DC' });
    expect(stat(plane, 'active_faults')).toBe(0);
    clock.advance(1_000);
    expect(plane.stat('cluster.web.upstream_rq_total')).toBe(0);
  });

  it('holds up what is pipelined behind it, and nothing gets out of order', async () => {
    const { clock, client, awaitDelay } = await delayed(DELAY);
    client.send(get('web', '/1') + get('web', '/2'));
    await awaitDelay();
    clock.advance(400);
    expect((await client.answer()).text).toBe('web /1');
    await awaitDelay();
    clock.advance(400);
    expect((await client.answer()).text).toBe('web /2');
  });

  it('says how long itself where it may: by header, in milliseconds', async () => {
    const { clock, plane, client, awaitDelay } = await delayed({
      delay: { delay: { kind: 'by-header' }, share: ALWAYS },
    });
    expect((await client.ask(get('web'))).status).toBe(200);
    expect((await client.ask(get('web', '/', 'x-envoy-fault-delay-request: soon\r\n'))).status).toBe(200);
    client.send(get('web', '/', 'x-envoy-fault-delay-request: 70\r\n'));
    await awaitDelay();
    clock.advance(70);
    expect((await client.answer()).status).toBe(200);
    expect(stat(plane, 'delays_injected')).toBe(1);
  });

  it('may be a CONNECT: the tunnel opens later', async () => {
    const { clock, client, awaitDelay } = await delayed(DELAY);
    client.send('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n');
    await awaitDelay();
    clock.advance(400);
    expect((await client.answer('CONNECT')).status).toBe(200);
    client.socket.destroy();
  });

  it('has used up the time that its call may take', async () => {
    const { clock, plane, client, awaitDelay } = await delayed(DELAY, named('web'), {
      action: { streamDuration: { maxMs: 300 } },
    });
    client.send(get('web'));
    await awaitDelay();
    clock.advance(400);
    expect((await client.answer()).status).toBe(504);
    expect(await plane.logged(0)).toMatchObject({ flags: 'DI,UT', attempts: 0 });
  });
});

describe('requests of one HTTP/2 connection', () => {
  it('are delayed each for itself, with bodies larger than a window', async () => {
    const backend = await stage.backend(echo);
    const filters = [fault({ delay: { delay: { kind: 'by-header' }, share: ALWAYS } })];
    const clock = new ManualClock();
    const plane = await stage.plane({ clock, services: { web: [backend] }, http: { filters } });
    const caller = new Http2Caller(plane.port);
    const body = Buffer.alloc(300_000, 'x');
    const active = (): number => stat(plane, 'active_faults');
    const late = caller.ask('web', { ':method': 'POST', 'x-envoy-fault-delay-request': '500' }, body);
    const later = caller.ask('web', { ':method': 'POST', 'x-envoy-fault-delay-request': '900' }, body);
    await until('two are delayed', () => active() === 2);
    const quick = await caller.ask('web', { ':method': 'POST' }, 'quick');
    expect([quick.body.toString(), active()]).toEqual(['quick', 2]);
    clock.advance(500);
    expect((await late).body.equals(body)).toBe(true);
    expect(active()).toBe(1);
    clock.advance(400);
    expect((await later).body.equals(body)).toBe(true);
    caller.close();
  });

  it('that are reset while they are delayed go nowhere', async () => {
    const { clock, plane, awaitDelay } = await delayed(DELAY);
    const caller = new Http2Caller(plane.port);
    const stream = caller.open('web', { ':method': 'POST' }, false);
    await awaitDelay();
    stream.close(8);
    await until('it is over', () => stat(plane, 'active_faults') === 0);
    clock.advance(1_000);
    expect(plane.stat('cluster.web.upstream_rq_total')).toBe(0);
    caller.close();
  });
});

describe('a fault', () => {
  it('is only for requests whose fields match', async () => {
    const headers = [{ name: 'x-user', match: { kind: 'prefix', value: 'test-' } }] as const;
    const plane = await planeOf([fault({ ...ABORT, headers })]);
    const client = await plane.client();
    const statuses: number[] = [];
    for (const fields of ['', 'X-User: somebody\r\n', 'X-User: test-7\r\n']) {
      statuses.push((await client.ask(get('web', '/', fields))).status);
    }
    expect(statuses).toEqual([200, 200, 503]);
  });

  it('is only for requests to its cluster', async () => {
    const backends = await stage.backends(2);
    const [a, b] = backends;
    const services = { web: a === undefined ? [] : [a], shop: b === undefined ? [] : [b] };
    const plane = await stage.plane({ services, http: { filters: [fault({ ...ABORT, cluster: 'shop' })] } });
    const client = await plane.client();
    expect([(await client.ask(get('web'))).status, (await client.ask(get('shop'))).status]).toEqual([200, 503]);
  });

  it('is for no more requests at a time than it says', async () => {
    const { clock, plane, client, awaitDelay } = await delayed({ ...DELAY, maxActive: 1 });
    client.send(get('web'));
    await awaitDelay();
    expect((await (await plane.client()).ask(get('web', '/other'))).text).toBe('web /other');
    expect([stat(plane, 'faults_overflow'), stat(plane, 'delays_injected')]).toEqual([1, 1]);
    clock.advance(400);
    expect((await client.answer()).status).toBe(200);
  });

  it('holds for answers of the route itself, and for requests that have no route', async () => {
    const plane = await planeOf([fault(ABORT)]);
    const action = { kind: 'direct-response', status: 200, body: 'here' } as const;
    const virtualHosts = [{ name: 'own', domains: ['own'], routes: [{ name: '', match: { path: PATH }, action }] }];
    plane.apply({ routes: { upserted: [{ name: ROUTES, virtualHosts }], removed: [] } });
    const client = await plane.client();
    expect([(await client.ask(get('own'))).status, (await client.ask(get('nobody'))).status]).toEqual([503, 503]);
  });
});

describe('what routes say of a filter', () => {
  const route = (name: string, filters?: FilterOverridesSpec): RouteSpec => ({
    name,
    match: { path: { kind: 'exact', value: `/${name}` } },
    action: { cluster: 'web', timeoutMs: 0 },
    ...(filters === undefined ? {} : { filters }),
  });
  const teapot = (status: number): FaultSpec => ({ abort: { abort: { kind: 'http', status }, share: ALWAYS } });

  it('goes before the listener, and the most specific level before the others', async () => {
    const plane = await planeOf([fault(teapot(500))]);
    const weighted: RouteSpec = {
      ...route('weighted', override(teapot(503))),
      action: { cluster: [{ name: 'web', weight: 1, filters: override(teapot(504)) }], timeoutMs: 0 },
    };
    const virtualHosts = [
      {
        name: 'near',
        domains: ['near'],
        filters: override(teapot(502)),
        routes: [
          route('host'),
          route('route', override(teapot(503))),
          weighted,
          route('off', { fault: { disabled: true } }),
        ],
      },
      { name: 'far', domains: ['far'], routes: [route('config')] },
    ];
    plane.apply({
      routes: { upserted: [{ name: ROUTES, virtualHosts, filters: override(teapot(501)) }], removed: [] },
    });
    const client = await plane.client();
    const statusOf = async (host: string, path: string): Promise<number> => (await client.ask(get(host, path))).status;
    expect([
      await statusOf('nobody', '/'),
      await statusOf('far', '/config'),
      await statusOf('near', '/host'),
      await statusOf('near', '/route'),
      await statusOf('near', '/weighted'),
      await statusOf('near', '/off'),
    ]).toEqual([500, 501, 502, 503, 504, 200]);
  });

  it('lets a filter run that the listener has disabled, also by a word that configures nothing', async () => {
    const plane = await planeOf([fault(teapot(500), { disabled: true })]);
    const routes = [route('off'), route('on', { fault: {} }), route('own', override(teapot(503)))];
    plane.apply({
      routes: { upserted: [{ name: ROUTES, virtualHosts: [{ name: 'all', domains: ['*'], routes }] }], removed: [] },
    });
    const client = await plane.client();
    const statuses: number[] = [];
    for (const path of ['/off', '/on', '/own']) statuses.push((await client.ask(get('web', path))).status);
    expect(statuses).toEqual([200, 500, 503]);
  });

  it('changes nothing where the listener has no filter of that name', async () => {
    const plane = await planeOf([fault(ABORT, { name: 'other', disabled: true })]);
    const routes = [route('own', override(ABORT))];
    plane.apply({
      routes: { upserted: [{ name: ROUTES, virtualHosts: [{ name: 'all', domains: ['*'], routes }] }], removed: [] },
    });
    expect((await (await plane.client()).ask(get('web', '/own'))).status).toBe(200);
  });
});

describe('a listener that changes', () => {
  it('takes other filters for the next request on the same connection, and goes on counting', async () => {
    const plane = await planeOf([fault(ABORT)]);
    const client = await plane.client();
    expect((await client.ask(get('web'))).status).toBe(503);
    const [chain] = plane.listener().filterChains;
    if (chain === undefined || chain.filter.kind !== 'http') throw new Error('the listener has no HTTP');
    const http = { ...chain.filter.http, filters: [fault({ ...ABORT, maxActive: 0 })] };
    const filterChains = [{ ...chain, filter: { kind: 'http', http } as const }];
    plane.apply({ listeners: { upserted: [{ ...plane.listener(), filterChains }], removed: [] } });
    expect((await client.ask(get('web'))).status).toBe(200);
    expect([stat(plane, 'aborts_injected'), stat(plane, 'faults_overflow')]).toEqual([1, 1]);
  });
});
