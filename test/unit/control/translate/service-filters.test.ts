// Promises of what Services ask of HTTP filters: who is told what, and that it does on sockets what it says.

import {
  filterOverrides,
  OWN_SERVICE_FILTERS,
  ownFilterOverrides,
  SERVICE_FILTERS,
  type ServiceFilters,
} from '../../../../src/control/translate/service-filters.ts';
import { type ServiceRoute, serviceRoute } from '../../../../src/control/translate/service-route.ts';
import { DEFAULT_TRAFFIC } from '../../../../src/control/translate/service-traffic.ts';
import { DEFAULT_ADAPTIVE_CONCURRENCY } from '../../../../src/model/adaptive-concurrency-spec.ts';
import { ALWAYS, NEVER } from '../../../../src/model/fraction-spec.ts';
import type { LocalRateLimitSpec } from '../../../../src/model/local-rate-limit-spec.ts';
import { ROUTE_TYPE } from '../../../../src/xds/resources/route.ts';
import { LivePlane, ROUTES } from '../../../support/live-plane.ts';
import { get } from '../../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../../support/scripted-backend.ts';

const RATE_LIMIT: LocalRateLimitSpec = {
  statPrefix: 'web.shop',
  bucket: { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: 3_600_000 },
  enabled: ALWAYS,
  enforced: ALWAYS,
  status: 429,
};

const ALL: ServiceFilters = {
  cors: { origins: [{ kind: 'exact', value: 'https://shop.test' }], enabled: ALWAYS, shadow: NEVER },
  fault: { abort: { abort: { kind: 'http', status: 418 }, share: NEVER } },
  rateLimit: RATE_LIMIT,
  adaptiveConcurrency: DEFAULT_ADAPTIVE_CONCURRENCY,
};

function routeOf(filters: ServiceFilters | undefined, known: readonly ServiceRoute[] = []): ServiceRoute {
  const names = { label: 'web', namespace: 'shop', clusterDomain: 'cluster.local', addresses: [] };
  const port = { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 } as const;
  const traffic = { ...DEFAULT_TRAFFIC, ...(filters === undefined ? {} : { filters }) };
  const target = { port, extra: [], backends: [], traffic, routes: [] } as unknown as Parameters<
    typeof serviceRoute
  >[1];
  return serviceRoute(names, target, new Map(known.map((route) => [route.cluster.name, route])));
}

describe('what a Service asks of HTTP filters', () => {
  it('is told by its virtual host, to Envoys without what only our sidecars have', () => {
    const { host, config } = routeOf(ALL);
    const names = (filters: object | undefined): string[] =>
      Object.keys(filters ?? {}).map((name) => name.split('.').at(-1) ?? '');
    expect(names(config.virtualHosts[0]?.filters)).toEqual([
      'cors',
      'fault',
      'local_ratelimit',
      'adaptive_concurrency',
    ]);
    expect(names(host.own.spec.filters)).toEqual(['cors', 'fault', 'local_ratelimit']);
    expect(names(host.foreign.spec.filters)).toEqual(['cors', 'fault', 'local_ratelimit']);
  });

  it('is nothing where it asks nothing', () => {
    const { host, config } = routeOf(undefined);
    expect([filterOverrides({}), ownFilterOverrides({})]).toEqual([undefined, undefined]);
    expect([host.own.spec, host.foreign.spec, config.virtualHosts[0]].some((spec) => 'filters' in (spec ?? {}))).toBe(
      false,
    );
  });

  it('makes another route when it changes, and the same when it does not', () => {
    const before = routeOf(ALL);
    expect(routeOf(JSON.parse(JSON.stringify(ALL)) as ServiceFilters, [before])).toBe(before);
    const { fault: _fault, ...less } = ALL;
    expect(routeOf(less, [before]).host).not.toBe(before.host);
  });

  it('names filters that listeners have, and survives the wire', () => {
    const has = (names: readonly string[], overrides: object | undefined): boolean =>
      Object.keys(overrides ?? {}).every((name) => names.includes(name));
    expect(
      has(
        SERVICE_FILTERS.map(({ name }) => name),
        filterOverrides(ALL),
      ),
    ).toBe(true);
    expect(
      has(
        OWN_SERVICE_FILTERS.map(({ name }) => name),
        ownFilterOverrides(ALL),
      ),
    ).toBe(true);
    const { config } = routeOf(ALL);
    expect(ROUTE_TYPE.decode(ROUTE_TYPE.encode(config))).toMatchObject({
      result: { ok: true, value: config },
      ignored: [],
    });
  });

  it('holds for requests to that Service alone', async () => {
    const backend = await ScriptedBackend.start(named('web'));
    const services = { web: [backend], other: [backend] };
    const plane = await LivePlane.start({ services, http: { filters: OWN_SERVICE_FILTERS } });
    const virtualHosts = plane.routes(Object.keys(services)).virtualHosts.map((host) => {
      const overrides = host.name === 'web' ? ownFilterOverrides(ALL) : undefined;
      return overrides === undefined ? host : { ...host, filters: overrides };
    });
    plane.apply({ routes: { upserted: [{ name: ROUTES, virtualHosts }], removed: [] } });
    const client = await plane.client();
    const ask = (host: string) => client.ask(get(host, '/', 'Origin: https://shop.test\r\n'));
    const allowed = (answer: { get(name: string): string | undefined }) => answer.get('access-control-allow-origin');
    const answers = [await ask('web'), await ask('web'), await ask('other'), await ask('other')];
    expect(answers.map((answer) => [answer.status, allowed(answer)])).toEqual([
      [200, 'https://shop.test'],
      [429, 'https://shop.test'],
      [200, undefined],
      [200, undefined],
    ]);
    await plane.close();
    await backend.close();
  });
});
