// Promises of adaptive concurrency on sockets: who is refused with what, what counts, and whose the limit is.
import {
  type AdaptiveConcurrencySpec,
  DEFAULT_ADAPTIVE_CONCURRENCY,
} from '../../../src/model/adaptive-concurrency-spec.ts';
import type { FilterOverridesSpec, HttpFilterSpec } from '../../../src/model/http-filter-spec.ts';
import { LISTENER, type LivePlane, ROUTES } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { type BackendConnection, named, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Two at a time, while nothing is known. */
const TWO: AdaptiveConcurrencySpec = {
  ...DEFAULT_ADAPTIVE_CONCURRENCY,
  minLimit: 2,
  updateIntervalMs: 3_600_000,
  minRtt: { kind: 'fixed', ms: 10 },
};

function filter(concurrency: AdaptiveConcurrencySpec | null): HttpFilterSpec {
  return { name: 'adaptive', config: { kind: 'adaptive-concurrency', concurrency } };
}

const stat = (plane: LivePlane, name: string): number =>
  plane.stat(`http.${LISTENER}.adaptive_concurrency.gradient_controller.${name}`);

describe('a listener with adaptive concurrency', () => {
  it('refuses what is one too many with 503 UO, and takes requests again when one is answered', async () => {
    const held: BackendConnection[] = [];
    const script: Script = (request, connection) => {
      if (request.target === '/held') held.push(connection);
      else connection.answer(200, 'quick');
    };
    const plane = await stage.plane({
      services: { web: [await stage.backend(script)] },
      http: { filters: [filter(TWO)] },
    });
    const [a, b, c] = await Promise.all([plane.client(), plane.client(), plane.client()]);
    a?.send(get('web', '/held'));
    b?.send(get('web', '/held'));
    await until('two are in work', () => held.length === 2);
    const refused = await c?.ask(get('web'));
    expect([refused?.status, refused?.get('x-switchboard-error')]).toEqual([503, 'UO concurrency_limited']);
    expect(refused?.text).toContain('2 are in work');
    expect(await plane.logged(0)).toMatchObject({ flags: 'UO', attempts: 0 });
    expect([stat(plane, 'rq_blocked'), stat(plane, 'concurrency_limit')]).toEqual([1, 2]);
    held[0]?.answer(200, 'late');
    await until('one is answered', () => plane.log.length === 2);
    expect((await c?.ask(get('web')))?.text).toBe('quick');
    held[1]?.answer(200, 'late');
  });

  it('counts a caller who leaves no longer', async () => {
    const plane = await stage.plane({
      services: { web: [await stage.backend(() => {})] },
      http: { filters: [filter({ ...TWO, minLimit: 1 })] },
    });
    const client = await plane.client();
    client.send(get('web'));
    await until('it is in work', () => plane.stat('cluster.web.upstream_rq_active') === 1);
    const other = await plane.client();
    expect((await other.ask(get('web'))).status).toBe(503);
    client.socket.destroy();
    await until('it is gone', () => plane.stat('cluster.web.upstream_rq_active') === 0);
    other.send(get('web'));
    await until('the next is in work', () => plane.stat('cluster.web.upstream_rq_active') === 1);
  });

  it('has no say in tunnels and upgrades, which last as long as their ends like', async () => {
    const script: Script = (request, connection) => {
      if (request.get('upgrade') === undefined) connection.answer(200, 'plain');
      else connection.send('HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
    };
    const filters = [filter({ ...TWO, minLimit: 1 })];
    const services = { web: [await stage.backend(script)] };
    const plane = await stage.plane({ services, routeUpgrades: { echo: true }, http: { filters } });
    const [tunnel, upgraded, plain] = await Promise.all([plane.client(), plane.client(), plane.client()]);
    expect((await tunnel?.ask('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n'))?.status).toBe(200);
    expect((await upgraded?.ask(get('web', '/', 'Connection: upgrade\r\nUpgrade: echo\r\n')))?.status).toBe(101);
    expect((await plain?.ask(get('web')))?.text).toBe('plain');
    expect(stat(plane, 'rq_blocked')).toBe(0);
    for (const client of [tunnel, upgraded]) client?.socket.destroy();
  });

  it('has a limit that rises with requests that are quick', async () => {
    const spec = { ...TWO, updateIntervalMs: 1, minRtt: { kind: 'fixed', ms: 10_000 } } as const;
    const plane = await stage.plane({
      services: { web: [await stage.backend(named('web'))] },
      http: { filters: [filter(spec)] },
    });
    const client = await plane.client();
    for (let i = 0; i < 200 && stat(plane, 'concurrency_limit') < 100; i += 1) await client.ask(get('web'));
    expect(stat(plane, 'concurrency_limit')).toBeGreaterThanOrEqual(100);
    expect(stat(plane, 'gradient')).toBe(2);
  });

  it('has none where it is off, and a route may have one of its own', async () => {
    const plane = await stage.plane({
      services: { web: [await stage.backend(() => {})] },
      http: { filters: [filter(null)] },
    });
    const one: FilterOverridesSpec = {
      adaptive: { config: { kind: 'adaptive-concurrency', concurrency: { ...TWO, minLimit: 1, status: 529 } } },
    };
    const action = { cluster: 'web', timeoutMs: 0 };
    const routes = [
      { name: 'own', match: { path: { kind: 'exact', value: '/own' } as const }, action, filters: one },
      { name: 'all', match: { path: { kind: 'prefix', value: '/' } as const }, action },
    ];
    plane.apply({
      routes: { upserted: [{ name: ROUTES, virtualHosts: [{ name: 'all', domains: ['*'], routes }] }], removed: [] },
    });
    const clients = await Promise.all(Array.from({ length: 4 }, () => plane.client()));
    for (const client of clients.slice(0, 3)) client.send(get('web'));
    await until('three are in work', () => plane.stat('cluster.web.upstream_rq_active') === 3);
    clients[3]?.send(get('web', '/own'));
    await until('four are in work', () => plane.stat('cluster.web.upstream_rq_active') === 4);
    expect((await (await plane.client()).ask(get('web', '/own'))).status).toBe(529);
  });
});
