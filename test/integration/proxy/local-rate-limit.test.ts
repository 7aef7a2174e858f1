// Promises of local rate limits: how many pass, what the others are told, who shares a limit, and what outlasts a change.
import { status as grpcStatus } from '@grpc/grpc-js';
import { ALWAYS, NEVER } from '../../../src/model/fraction-spec.ts';
import type { FilterOverridesSpec, HttpFilterSpec } from '../../../src/model/http-filter-spec.ts';
import type { LocalRateLimitSpec } from '../../../src/model/local-rate-limit-spec.ts';
import type { RouteSpec, VirtualHostSpec } from '../../../src/model/route-spec.ts';
import { renderPrometheus } from '../../../src/telemetry/prometheus.ts';
import { GrpcCaller, GrpcEcho } from '../../support/grpc-echo.ts';
import { type LivePlane, type LivePlaneOptions, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, type RawClient } from '../../support/raw-client.ts';
import { named, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Two at once, then one each 10 s. */
const LIMIT: LocalRateLimitSpec = {
  statPrefix: 'web_limit',
  bucket: { maxTokens: 2, tokensPerFill: 1, fillIntervalMs: 10_000 },
  enabled: ALWAYS,
  enforced: ALWAYS,
  status: 429,
};

function filter(limit: LocalRateLimitSpec): HttpFilterSpec {
  return { name: 'limit', config: { kind: 'local-rate-limit', limit } };
}

function override(limit: LocalRateLimitSpec): FilterOverridesSpec {
  return { limit: { config: { kind: 'local-rate-limit', limit } } };
}

interface Scene {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly client: RawClient;
  readonly backend: ScriptedBackend;
}

async function sceneOf(limit: LocalRateLimitSpec, options: LivePlaneOptions = {}): Promise<Scene> {
  const clock = new ManualClock();
  const backend = await stage.backend(named('web'));
  const plane = await stage.plane({
    clock,
    services: { web: [backend] },
    ...options,
    http: { filters: [filter(limit)] },
  });
  return { plane, clock, client: await plane.client(), backend };
}

async function statuses(client: RawClient, count: number, path = '/', host = 'web'): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i += 1) found.push((await client.ask(get(host, path))).status);
  return found;
}

const stat = (plane: LivePlane, name: string): number => plane.stat(`web_limit.http_local_rate_limit.${name}`);

describe('a rate limit', () => {
  it('lets 2 pass at once and one more in 10 s, and tells the others when to come again', async () => {
    const { plane, clock, client } = await sceneOf(LIMIT);
    expect(await statuses(client, 2)).toEqual([200, 200]);
    const refused = await client.ask(get('web'));
    expect([refused.status, refused.get('retry-after')]).toEqual([429, '10']);
    expect(refused.get('x-switchboard-error')).toBe('RL rate_limited');
    expect(refused.text).toContain('the rate limit "web_limit" is used up');
    clock.advance(9_000);
    expect((await client.ask(get('web'))).get('retry-after')).toBe('1');
    clock.advance(1_000);
    expect(await statuses(client, 2)).toEqual([200, 429]);
    expect(await plane.logged(2)).toMatchObject({ flags: 'RL', status: 429, attempts: 0 });
  });

  it('counts under the names of Envoy', async () => {
    const { plane, client } = await sceneOf(LIMIT);
    await statuses(client, 5);
    const figures = ['enabled', 'ok', 'rate_limited', 'enforced'].map((name) => stat(plane, name));
    expect(figures).toEqual([5, 2, 3, 3]);
    expect(renderPrometheus([plane.plane])).toContain(
      'envoy_http_local_rate_limit_rate_limited{envoy_local_http_ratelimit_prefix="web_limit"} 3',
    );
  });

  it('says the status and the fields that are configured, and what is left', async () => {
    const { client } = await sceneOf({
      ...LIMIT,
      status: 503,
      tellLimits: true,
      refusalHeaders: [{ name: 'x-limit', value: 'web', action: 'append' }],
    });
    const answers = [await client.ask(get('web')), await client.ask(get('web')), await client.ask(get('web'))];
    const names = ['x-limit', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
    expect(answers.map((answer) => [answer.status, ...names.map((name) => answer.get(name))])).toEqual([
      [200, undefined, '2', '1', '0'],
      [200, undefined, '2', '0', '10'],
      [503, 'web', '2', '0', '10'],
    ]);
  });

  it('that is not enforced counts, and lets all pass with a field that says so', async () => {
    const { plane, client, backend } = await sceneOf({
      ...LIMIT,
      enforced: NEVER,
      unenforcedHeaders: [{ name: 'x-over-limit', value: 'yes', action: 'overwrite' }],
    });
    expect(await statuses(client, 4)).toEqual([200, 200, 200, 200]);
    expect([stat(plane, 'rate_limited'), stat(plane, 'enforced')]).toEqual([2, 0]);
    expect(backend.requests.map((request) => request.get('x-over-limit'))).toEqual([
      undefined,
      undefined,
      'yes',
      'yes',
    ]);
  });

  it('that is not enabled, or without a bucket, is none', async () => {
    const { bucket: _bucket, ...empty } = LIMIT;
    for (const limit of [{ ...LIMIT, enabled: NEVER }, empty]) {
      const { client } = await sceneOf(limit);
      expect(await statuses(client, 4)).toEqual([200, 200, 200, 200]);
    }
  });

  it('holds for requests without a route', async () => {
    const { client } = await sceneOf(LIMIT);
    expect(await statuses(client, 3, '/', 'nobody')).toEqual([404, 404, 429]);
  });

  it.each([
    ['UNAVAILABLE', {}, grpcStatus.UNAVAILABLE],
    ['RESOURCE_EXHAUSTED where that is configured', { asResourceExhausted: true }, grpcStatus.RESOURCE_EXHAUSTED],
  ] as const)('tells gRPC callers %s', async (_, rest, code) => {
    const server = await GrpcEcho.start();
    const bucket = { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 3_600_000 };
    const filters = [filter({ ...LIMIT, bucket, ...rest })];
    const plane = await stage.plane({ services: { web: [server] }, http2Services: ['web'], http: { filters } });
    const caller = new GrpcCaller(plane.port);
    expect((await caller.unary(Buffer.from('x'))).toString()).toBe('x');
    await expect(caller.unary(Buffer.from('x'))).rejects.toMatchObject({ code });
    caller.close();
    server.close();
  });
});

describe('a rate limit of routes', () => {
  const route = (name: string, filters?: FilterOverridesSpec): RouteSpec => ({
    name,
    match: { path: { kind: 'exact', value: `/${name}` } },
    action: { cluster: 'web', timeoutMs: 0 },
    ...(filters === undefined ? {} : { filters }),
  });

  function apply(plane: LivePlane, virtualHosts: readonly VirtualHostSpec[], filters?: FilterOverridesSpec): void {
    const config = { name: ROUTES, virtualHosts, ...(filters === undefined ? {} : { filters }) };
    plane.apply({ routes: { upserted: [structuredClone(config)], removed: [] } });
  }

  const { bucket: _bucket, ...EMPTY } = LIMIT;

  it('is one for all routes of the level that says so, and another for a route of its own', async () => {
    const { plane, client } = await sceneOf(EMPTY);
    const routes = [route('a'), route('b'), route('own', override({ ...LIMIT, status: 420 }))];
    apply(plane, [{ name: 'all', domains: ['*'], routes, filters: override(LIMIT) }]);
    expect([await statuses(client, 1, '/a'), await statuses(client, 2, '/b'), await statuses(client, 1, '/a')]).toEqual(
      [[200], [200, 429], [429]],
    );
    expect(await statuses(client, 3, '/own')).toEqual([200, 200, 420]);
  });

  it('goes on where it was when other routes change, and begins anew when it says something else', async () => {
    const { plane, client } = await sceneOf(EMPTY);
    const limited = (limit: LocalRateLimitSpec, others: readonly RouteSpec[] = []): void =>
      apply(plane, [{ name: 'all', domains: ['*'], routes: [...others, route('a', override(limit))] }]);
    limited(LIMIT);
    expect(await statuses(client, 2, '/a')).toEqual([200, 200]);
    limited(LIMIT, [route('new')]);
    limited(LIMIT, [route('newer'), route('new')]);
    expect(await statuses(client, 1, '/a')).toEqual([429]);
    limited({ ...LIMIT, bucket: { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 10_000 } });
    expect(await statuses(client, 2, '/a')).toEqual([200, 429]);
  });

  it('goes on where it was when its listener changes in something else', async () => {
    const { plane, client } = await sceneOf(LIMIT);
    expect(await statuses(client, 2)).toEqual([200, 200]);
    const listener = structuredClone(plane.listener());
    const [chain] = listener.filterChains;
    if (chain === undefined || chain.filter.kind !== 'http') throw new Error('the listener has no HTTP');
    const fault: HttpFilterSpec = { name: 'fault', config: { kind: 'fault', fault: {} } };
    const http = { ...chain.filter.http, filters: [fault, ...(chain.filter.http.filters ?? [])] };
    plane.apply({
      listeners: {
        upserted: [{ ...listener, filterChains: [{ ...chain, filter: { kind: 'http', http } }] }],
        removed: [],
      },
    });
    expect(await statuses(client, 1)).toEqual([429]);
  });
});
