// Requests through HTTP filters whose answers do not depend on chance: what callers get, by the sidecar and by Envoy.
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { CorsPolicySpec } from '../../src/model/cors-spec.ts';
import type { FaultAbortSpec } from '../../src/model/fault-spec.ts';
import { ALWAYS, type FractionSpec, NEVER } from '../../src/model/fraction-spec.ts';
import type { FilterOverridesSpec, HttpFilterSpec } from '../../src/model/http-filter-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain, type ListenerSpec } from '../../src/model/listener-spec.ts';
import type { LocalRateLimitSpec } from '../../src/model/local-rate-limit-spec.ts';
import type { RouteConfigSpec, RouteSpec } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { assignment, type TestAddress } from './live-plane.ts';
import type { Fields, RoutedRequest } from './routed-request.ts';

export const FILTERED = 'filtered';

/** Routes call filters by these names, which are Envoy's. */
const CORS = 'envoy.filters.http.cors';
const FAULT = 'envoy.filters.http.fault';
const LIMIT = 'envoy.filters.http.local_ratelimit';

const NO_LIMIT: LocalRateLimitSpec = { statPrefix: 'unused', enabled: NEVER, enforced: NEVER, status: 429 };

export const FILTERS: readonly HttpFilterSpec[] = [
  { name: CORS, config: { kind: 'cors' } },
  { name: FAULT, config: { kind: 'fault', fault: {} } },
  { name: LIMIT, config: { kind: 'local-rate-limit', limit: NO_LIMIT } },
];

const SHOP: CorsPolicySpec = {
  origins: [
    { kind: 'exact', value: 'https://shop.test' },
    { kind: 'regex', pattern: 'https://[a-z]+\\.shop\\.test' },
  ],
  allowMethods: 'GET, PUT',
  allowHeaders: 'content-type',
  exposeHeaders: 'x-backend',
  maxAge: '600',
  allowCredentials: true,
  enabled: ALWAYS,
  shadow: NEVER,
};
const LEAN: CorsPolicySpec = { origins: [], enabled: ALWAYS, shadow: NEVER };

function cors(policy: CorsPolicySpec): FilterOverridesSpec {
  return { [CORS]: { config: { kind: 'cors', policy } } };
}

function abort(spec: FaultAbortSpec['abort'], share: FractionSpec = ALWAYS): FilterOverridesSpec {
  return { [FAULT]: { config: { kind: 'fault', fault: { abort: { abort: spec, share } } } } };
}

/** One that is used up after so many. */
function limit(maxTokens: number, more: Partial<LocalRateLimitSpec> = {}): FilterOverridesSpec {
  const bucket = { maxTokens, tokensPerFill: 1, fillIntervalMs: 3_600_000 };
  const spec = { statPrefix: 'used', bucket, enabled: ALWAYS, enforced: ALWAYS, status: 429, ...more };
  return { [LIMIT]: { config: { kind: 'local-rate-limit', limit: spec } } };
}

function route(path: string, filters?: FilterOverridesSpec, action?: RouteSpec['action']): RouteSpec {
  return {
    name: path,
    match: { path: { kind: 'exact', value: path } },
    action: action ?? { cluster: 'a', timeoutMs: 10_000 },
    ...(filters === undefined ? {} : { filters }),
  };
}

const ANSWERED_HERE = { kind: 'direct-response', status: 200, body: 'here' } as const;

const ROUTES: readonly RouteSpec[] = [
  route('/shop'),
  route('/late'),
  route('/any', cors({ ...LEAN, origins: [{ kind: 'exact', value: '*' }], allowMethods: '*', allowHeaders: '*' })),
  route('/strict', cors({ ...LEAN, forwardUnmatched: false })),
  route('/without', cors({ ...LEAN, allowCredentials: false, exposeHeaders: 'x-own' })),
  route('/private', cors({ ...LEAN, allowPrivateNetwork: true })),
  route('/shadow', cors({ ...SHOP, enabled: NEVER, shadow: ALWAYS })),
  route('/off', { [CORS]: { disabled: true } }),
  route('/gone', undefined, { cluster: 'empty', timeoutMs: 10_000 }),
  route('/here', undefined, ANSWERED_HERE),
  route('/weighted', undefined, {
    cluster: [{ name: 'a', weight: 1, filters: cors({ ...LEAN, exposeHeaders: 'x-weighted' }) }],
    timeoutMs: 10_000,
  }),
  route('/abort', abort({ kind: 'http', status: 418 })),
  route('/never', abort({ kind: 'http', status: 418 }, NEVER)),
  route('/over-all', abort({ kind: 'http', status: 418 }, { numerator: 200, denominator: 100 })),
  route('/by-header', abort({ kind: 'by-header' })),
  route('/grpc', abort({ kind: 'grpc', status: 7 })),
  route('/abort-here', abort({ kind: 'http', status: 418 }), ANSWERED_HERE),
  route('/limit', limit(1)),
  route('/limit-503', limit(1, { status: 503, refusalHeaders: [{ name: 'x-limit', value: '1', action: 'append' }] })),
  route('/limit-told', limit(2, { tellLimits: true })),
  route(
    '/limit-shadow',
    limit(1, { enforced: NEVER, unenforcedHeaders: [{ name: 'x-over', value: '1', action: 'append' }] }),
  ),
];

export const FILTERED_CONFIG: RouteConfigSpec = {
  name: FILTERED,
  virtualHosts: [
    { name: 'filtered', domains: ['filtered.test'], routes: ROUTES, filters: cors(SHOP) },
    { name: 'plain', domains: ['plain.test'], routes: [route('/shop')] },
  ],
};

export interface FilterCase extends RoutedRequest {
  readonly title: string;
  /** Of the last answer. */
  readonly status: number;
  /** That it has, with these values; null = that it has not. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** The last of so many requests; default 1. */
  readonly times?: number;
  /** Fields that Envoy's answer has not, on purpose. */
  readonly notInEnvoy?: readonly string[];
}

const ORIGIN = ['origin', 'https://shop.test'] as const;
const OTHER = ['origin', 'https://evil.test'] as const;
const ASKS_PUT = ['access-control-request-method', 'PUT'] as const;
const ASKS_FIELDS = ['access-control-request-headers', 'x-a, x-b'] as const;

const ALLOW = 'access-control-allow-';
const SHOP_ANSWER = {
  [`${ALLOW}origin`]: 'https://shop.test',
  [`${ALLOW}credentials`]: 'true',
  'access-control-expose-headers': 'x-backend',
};
const NOTHING = { [`${ALLOW}origin`]: null, [`${ALLOW}credentials`]: null, [`${ALLOW}methods`]: null };

function to(path: string, title: string, status: number, rest: Partial<FilterCase> = {}): FilterCase {
  return { host: 'filtered.test', path, title, status, ...rest };
}

function preflight(path: string, title: string, status: number, rest: Partial<FilterCase> = {}): FilterCase {
  const { headers = [ORIGIN, ASKS_PUT], ...others } = rest;
  return to(path, title, status, { method: 'OPTIONS', headers, ...others });
}

export const FILTER_CASES: readonly FilterCase[] = [
  to('/shop', 'a request without an origin', 200, { fields: NOTHING }),
  to('/shop', 'a request of an origin that is allowed', 200, { headers: [ORIGIN], fields: SHOP_ANSWER }),
  to('/shop', 'of one that a pattern allows', 200, {
    headers: [['origin', 'https://eu.shop.test']],
    fields: { ...SHOP_ANSWER, [`${ALLOW}origin`]: 'https://eu.shop.test' },
  }),
  to('/shop', 'of one that is not allowed', 200, { headers: [OTHER], fields: NOTHING }),
  preflight('/shop', 'a preflight', 200, {
    fields: {
      ...SHOP_ANSWER,
      [`${ALLOW}methods`]: 'GET, PUT',
      [`${ALLOW}headers`]: 'content-type',
      'access-control-max-age': '600',
    },
  }),
  preflight('/shop', 'a preflight of an origin that is not allowed goes to the pod', 200, {
    headers: [OTHER, ASKS_PUT],
    fields: { ...NOTHING, 'x-backend': 'a' },
  }),
  preflight('/shop', 'OPTIONS that asks for no method goes to the pod', 200, {
    headers: [ORIGIN],
    fields: { ...SHOP_ANSWER, 'x-backend': 'a' },
  }),
  preflight('/any', 'a preflight where "*" is allowed repeats what it asks for', 200, {
    headers: [OTHER, ASKS_PUT, ASKS_FIELDS],
    fields: {
      [`${ALLOW}origin`]: 'https://evil.test',
      [`${ALLOW}methods`]: 'PUT',
      [`${ALLOW}headers`]: 'x-a, x-b',
      'access-control-max-age': '600',
    },
  }),
  preflight('/strict', 'a preflight that is not forwarded is answered, with what does not depend on the origin', 200, {
    headers: [OTHER, ASKS_PUT],
    fields: { [`${ALLOW}origin`]: null, [`${ALLOW}methods`]: 'GET, PUT', 'x-backend': null },
  }),
  to('/without', 'a route says some of it otherwise', 200, {
    headers: [ORIGIN],
    fields: { ...SHOP_ANSWER, [`${ALLOW}credentials`]: null, 'access-control-expose-headers': 'x-own' },
  }),
  preflight('/private', 'a preflight to a private network', 200, {
    headers: [ORIGIN, ASKS_PUT, ['access-control-request-private-network', 'true']],
    fields: { ...SHOP_ANSWER, [`${ALLOW}private-network`]: 'true' },
  }),
  preflight('/shadow', 'a policy in the shadow changes nothing', 200, { fields: { ...NOTHING, 'x-backend': 'a' } }),
  preflight('/off', 'a route without the filter', 200, { fields: { ...NOTHING, 'x-backend': 'a' } }),
  to('/gone', 'a failure tells the origin too', 503, { headers: [ORIGIN], fields: SHOP_ANSWER }),
  to('/here', 'a route that answers by itself has no policy', 200, { headers: [ORIGIN], fields: NOTHING }),
  to('/weighted', 'a weighted cluster says more', 200, {
    headers: [ORIGIN],
    fields: { ...SHOP_ANSWER, 'access-control-expose-headers': 'x-weighted' },
  }),
  preflight('/shop', 'a host without a policy', 200, { host: 'plain.test', fields: { ...NOTHING, 'x-backend': 'a' } }),
  to('/abort', 'a fault', 418, { headers: [ORIGIN], fields: SHOP_ANSWER }),
  to('/never', 'a fault for 0 %', 200),
  to('/over-all', 'a fault for 200 %', 418),
  to('/by-header', 'a fault by header', 421, { headers: [['x-envoy-fault-abort-request', '421']] }),
  to('/by-header', 'a fault by header, without the header', 200),
  to('/by-header', 'a fault by header, which is no status', 200, { headers: [['x-envoy-fault-abort-request', '99']] }),
  to('/by-header', 'a fault by header, for 0 % of them', 200, {
    headers: [
      ['x-envoy-fault-abort-request', '421'],
      ['x-envoy-fault-abort-request-percentage', '0'],
    ],
  }),
  to('/by-header', 'of two faults by header that of HTTP goes before that of gRPC', 421, {
    headers: [
      ['x-envoy-fault-abort-request', '421'],
      ['x-envoy-fault-abort-grpc-request', '7'],
    ],
    fields: { 'x-backend': null },
  }),
  to('/by-header', 'a gRPC fault by header', 200, {
    headers: [['x-envoy-fault-abort-grpc-request', '7']],
    fields: { 'x-backend': null },
  }),
  to('/grpc', 'a gRPC fault for somebody who speaks none', 200, { fields: { 'x-backend': null } }),
  to('/abort-here', 'a fault where the route answers by itself', 418),
  to('/limit', 'beyond a rate limit', 429, { times: 2 }),
  to('/limit-503', 'beyond a rate limit with a status and fields of its own', 503, {
    times: 2,
    // Envoy tells it with 429 only.
    notInEnvoy: ['retry-after'],
    fields: { 'x-limit': '1' },
  }),
  to('/limit-told', 'within a rate limit that is told', 200, {
    fields: { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1' },
  }),
  to('/limit-told', 'beyond a rate limit that is told', 429, { times: 2, fields: { 'x-ratelimit-remaining': '0' } }),
  to('/limit-shadow', 'beyond a rate limit that is not enforced', 200, { times: 2 }),
];

/** What `fields` must have, as they have it. */
export function picked(fields: Fields, wanted: FilterCase['fields'] = {}): Record<string, string | null> {
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, fields[name] ?? null]));
}

function filteredListener(filters: readonly HttpFilterSpec[]): ListenerSpec {
  return {
    name: FILTERED,
    address: { host: '127.0.0.1', port: 0 },
    additionalAddresses: [],
    filterChains: [
      httpChain({
        statPrefix: FILTERED,
        routes: { kind: 'rds', name: FILTERED },
        idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
        requestHeadersTimeoutMs: 0,
        filters,
      }),
    ],
  };
}

export function filteredSnapshot(a: readonly TestAddress[], filters = FILTERS): Snapshot {
  const clusters = ['a', 'empty'].map(
    (name): ClusterSpec => ({
      name,
      discovery: { kind: 'eds', serviceName: name },
      connectTimeoutMs: 1_000,
      loadBalancer: 'round-robin',
    }),
  );
  return {
    listeners: new Map([[FILTERED, filteredListener(filters)]]),
    routes: new Map([[FILTERED, FILTERED_CONFIG]]),
    clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])),
    endpoints: new Map([
      ['a', assignment('a', a)],
      ['empty', assignment('empty', [])],
    ]),
    names: new Map(),
  };
}
