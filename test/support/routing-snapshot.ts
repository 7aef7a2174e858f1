// The routes of the routing table: a virtual host for each thing that xDS routes can say.

import type { HeaderChangesSpec, HeaderToAddSpec } from '../../src/model/header-changes-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain } from '../../src/model/listener-spec.ts';
import type { HeaderMatcherSpec, QueryMatcherSpec, RouteMatchSpec } from '../../src/model/route-match-spec.ts';
import type { RouteActionSpec, RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { assignment, type TestAddress } from './live-plane.ts';

/** Listener and route configuration have the same name. */
export const TABLE = 'table';
/** The same with the two switches of a route configuration on. */
export const SWITCHED = 'switched';

const TIMEOUT_MS = 10_000;
const ANY: RouteMatchSpec = { path: { kind: 'prefix', value: '/' } };

function to(cluster: RouteActionSpec['cluster'], more: Partial<RouteActionSpec> = {}): RouteActionSpec {
  return { cluster, timeoutMs: TIMEOUT_MS, ...more };
}

function route(match: RouteMatchSpec, action: RouteSpec['action'], headers?: HeaderChangesSpec): RouteSpec {
  return { name: '', match, action, ...(headers === undefined ? {} : { headers }) };
}

function host(name: string, domains: readonly string[], ...routes: RouteSpec[]): VirtualHostSpec {
  return { name, domains, routes };
}

const path = (kind: 'prefix' | 'exact' | 'separated-prefix', value: string): RouteMatchSpec => ({
  path: { kind, value },
});
const pattern = (text: string): RouteMatchSpec => ({ path: { kind: 'regex', pattern: text } });
const asks = (...headers: HeaderMatcherSpec[]): RouteMatchSpec => ({ ...ANY, headers });
const asksQuery = (...query: QueryMatcherSpec[]): RouteMatchSpec => ({ ...ANY, query });
/** A header matcher stands at `/<name>`, so that each has its own requests. */
const header = (at: string, matcher: HeaderMatcherSpec): RouteSpec =>
  route({ ...path('exact', at), headers: [matcher] }, to('a'));
const query = (at: string, matcher: QueryMatcherSpec): RouteSpec =>
  route({ ...path('exact', at), query: [matcher] }, to('a'));
const add = (name: string, value: string, action: HeaderToAddSpec['action'] = 'append'): HeaderToAddSpec => ({
  name,
  value,
  action,
});

const hosts: VirtualHostSpec[] = [
  host('exact', ['exact.test', 'exact.test:8080'], route(ANY, to('a'))),
  host('suffix', ['*.wild.test'], route(ANY, to('a'))),
  host('longer suffix', ['*.deep.wild.test', '*-x.wild.test'], route(ANY, to('b'))),
  host('prefix', ['begin.*'], route(ANY, to('a'))),
  host('longer prefix', ['begin.more.*'], route(ANY, to('b'))),
  host('over suffix', ['named.wild.test'], route(ANY, to('c'))),
];

const paths = host(
  'paths',
  ['paths.test'],
  route(path('exact', '/exact'), to('a')),
  route(path('exact', '/exact/'), to('b')),
  route(path('separated-prefix', '/seg'), to('a')),
  route({ ...path('separated-prefix', '/fold'), ignoreCase: true }, to('a')),
  route({ ...path('exact', '/One'), ignoreCase: true }, to('a')),
  route({ ...path('prefix', '/TWO/'), ignoreCase: true }, to('a')),
  route(pattern('/re/[a-z]+(/[0-9]+)?'), to('a')),
  route(pattern('/(?i:case)'), to('b')),
  route(pattern('.*\\.css'), to('c')),
  route(path('prefix', '/pre'), to('b')),
  route(path('prefix', '/q?x'), to('b')),
  route(path('exact', '/q?x=1'), to('b')),
);

const headers = host(
  'headers',
  ['headers.test'],
  header('/exact', { name: 'x-a', match: { kind: 'exact', value: 'one' } }),
  header('/exact-fold', { name: 'x-a', match: { kind: 'exact', value: 'One', ignoreCase: true } }),
  header('/prefix', { name: 'x-a', match: { kind: 'prefix', value: 'on' } }),
  header('/suffix', { name: 'x-a', match: { kind: 'suffix', value: 'ne' } }),
  header('/contains', { name: 'x-a', match: { kind: 'contains', value: 'n' } }),
  header('/regex', { name: 'x-a', match: { kind: 'regex', pattern: 'o.e|two' } }),
  header('/present', { name: 'x-a', match: { kind: 'present', value: true } }),
  header('/absent', { name: 'x-a', match: { kind: 'present', value: false } }),
  header('/not-present', { name: 'x-a', match: { kind: 'present', value: true }, invert: true }),
  header('/range', { name: 'x-a', match: { kind: 'range', start: -5, end: 10 } }),
  header('/not', { name: 'x-a', match: { kind: 'exact', value: 'one' }, invert: true }),
  header('/empty', { name: 'x-a', match: { kind: 'exact', value: '' }, treatMissingAsEmpty: true }),
  header('/not-or-missing', {
    name: 'x-a',
    match: { kind: 'exact', value: 'one' },
    invert: true,
    treatMissingAsEmpty: true,
  }),
  header('/present-or-missing', { name: 'x-a', match: { kind: 'present', value: true }, treatMissingAsEmpty: true }),
  header('/range-or-missing', { name: 'x-a', match: { kind: 'range', start: 0, end: 1 }, treatMissingAsEmpty: true }),
  header('/method', { name: ':method', match: { kind: 'regex', pattern: 'POST|PUT' } }),
  header('/authority', { name: ':authority', match: { kind: 'prefix', value: 'Headers' } }),
  header('/host', { name: 'host', match: { kind: 'exact', value: 'headers.test' } }),
  header('/scheme', { name: ':scheme', match: { kind: 'exact', value: 'http' } }),
  header('/joined', { name: 'x-a', match: { kind: 'exact', value: 'one,two' } }),
  header('/utf8', { name: 'x-a', match: { kind: 'exact', value: 'grün' } }),
  route(
    {
      ...path('prefix', '/two'),
      headers: [
        { name: 'x-a', match: { kind: 'exact', value: '1' } },
        { name: 'x-b', match: { kind: 'exact', value: '2' } },
      ],
    },
    to('b'),
  ),
  route(asks({ name: ':path', match: { kind: 'contains', value: '?deep=' } }), to('c')),
);

const queries = host(
  'queries',
  ['query.test'],
  query('/present', { name: 'a', match: { kind: 'present', value: true } }),
  query('/absent', { name: 'a', match: { kind: 'present', value: false } }),
  query('/exact', { name: 'a', match: { kind: 'exact', value: '1' } }),
  query('/exact-fold', { name: 'a', match: { kind: 'exact', value: 'Yes', ignoreCase: true } }),
  query('/prefix', { name: 'a', match: { kind: 'prefix', value: '1' } }),
  query('/regex', { name: 'a', match: { kind: 'regex', pattern: '[0-9]+' } }),
  query('/empty', { name: 'a', match: { kind: 'exact', value: '' } }),
  query('/encoded', { name: 'a', match: { kind: 'exact', value: 'x y' } }),
  query('/raw', { name: 'a', match: { kind: 'exact', value: 'x%20y' } }),
  route(
    asksQuery({ name: 'a', match: { kind: 'exact', value: '1' } }, { name: 'b', match: { kind: 'exact', value: '2' } }),
    to('b'),
  ),
);

const weights = host(
  'weights',
  ['weights.test'],
  route(
    path('exact', '/never'),
    to([
      { name: 'a', weight: 0 },
      { name: 'b', weight: 1 },
    ]),
  ),
  route(
    path('exact', '/changes'),
    to([
      {
        name: 'a',
        weight: 1,
        hostRewrite: 'weighted.example',
        headers: {
          request: { add: [add('x-order', 'cluster')], remove: ['x-drop'] },
          response: { add: [add('x-order', 'cluster')], remove: ['x-kept'] },
        },
      },
    ]),
    {
      request: { add: [add('x-order', 'route')], remove: [] },
      response: { add: [add('x-order', 'route')], remove: [] },
    },
  ),
  route(
    path('exact', '/both-hosts'),
    to([{ name: 'a', weight: 1, hostRewrite: 'weighted.example' }], {
      hostRewrite: { kind: 'literal', value: 'route.example' },
    }),
  ),
  route(
    ANY,
    to([
      { name: 'a', weight: 70 },
      { name: 'b', weight: 20 },
      { name: 'c', weight: 10 },
    ]),
  ),
);

const redirects = host(
  'redirects',
  ['redirect.test', 'redirect.test:80', 'redirect.test:8080', '[::1]:8080'],
  route(path('exact', '/https'), { kind: 'redirect', status: 301, scheme: 'https' }),
  route(path('exact', '/host'), { kind: 'redirect', status: 302, host: 'other.example' }),
  route(path('exact', '/host-port'), { kind: 'redirect', status: 302, host: 'other.example:81' }),
  route(path('exact', '/port'), { kind: 'redirect', status: 303, port: 8443, scheme: 'https' }),
  route(path('exact', '/path'), { kind: 'redirect', status: 307, path: { kind: 'full', value: '/new' } }),
  route(path('exact', '/path-query'), { kind: 'redirect', status: 308, path: { kind: 'full', value: '/new?z=1' } }),
  route(path('exact', '/strip'), { kind: 'redirect', status: 301, host: 'o.example', stripQuery: true }),
  route(path('exact', '/strip-path'), {
    kind: 'redirect',
    status: 301,
    path: { kind: 'full', value: '/new' },
    stripQuery: true,
  }),
  route(path('prefix', '/prefix/'), { kind: 'redirect', status: 301, path: { kind: 'prefix', value: '/p2/' } }),
  route(path('separated-prefix', '/seg'), {
    kind: 'redirect',
    status: 301,
    path: { kind: 'prefix', value: '/segments' },
  }),
  route(pattern('/regex/.*'), {
    kind: 'redirect',
    status: 301,
    path: { kind: 'regex', pattern: '^/regex/(\\w+)/(\\w+)', substitution: '/\\2-\\1' },
  }),
  route(
    path('exact', '/headers'),
    { kind: 'redirect', status: 301, scheme: 'https' },
    { response: { add: [add('x-why', 'moved')], remove: [] } },
  ),
  route(ANY, { kind: 'redirect', status: 301 }),
);

const rewrites = host(
  'rewrites',
  ['rewrite.test'],
  route(path('prefix', '/api/'), to('a', { pathRewrite: { kind: 'prefix', value: '/v2/' } })),
  route(path('separated-prefix', '/seg'), to('a', { pathRewrite: { kind: 'prefix', value: '/x/y' } })),
  route(path('exact', '/whole'), to('a', { pathRewrite: { kind: 'prefix', value: '/new' } })),
  route({ ...path('prefix', '/Fold'), ignoreCase: true }, to('a', { pathRewrite: { kind: 'prefix', value: '/f' } })),
  route(pattern('/by-regex/.*'), to('a', { pathRewrite: { kind: 'prefix', value: '/all' } })),
  route(
    path('prefix', '/regex'),
    to('a', { pathRewrite: { kind: 'regex', pattern: '/(\\d+)', substitution: '/n\\1\\\\' } }),
  ),
  route(
    path('prefix', '/users/'),
    to('a', { pathRewrite: { kind: 'regex', pattern: '^/users/([^/]+)(/.*)?$', substitution: '\\2/of/\\1' } }),
  ),
  route(path('prefix', '/host'), to('a', { hostRewrite: { kind: 'literal', value: 'new.example:81' } })),
  route(path('prefix', '/from-header'), to('a', { hostRewrite: { kind: 'header', name: 'x-host' } })),
  route(path('prefix', '/from-added'), to('a', { hostRewrite: { kind: 'header', name: 'x-host' } }), {
    request: { add: [add('x-host', 'added.example')], remove: [] },
  }),
  route(path('prefix', '/from-removed'), to('a', { hostRewrite: { kind: 'header', name: 'x-host' } }), {
    request: { add: [], remove: ['x-host'] },
  }),
);

const changes: VirtualHostSpec = {
  ...host(
    'changes',
    ['changes.test', 'changes.test:99'],
    route(path('exact', '/append'), to('a'), both(add('x-kept', '2'))),
    route(
      path('exact', '/absent'),
      to('a'),
      both(add('x-kept', '2', 'add-if-absent'), add('x-new', '2', 'add-if-absent')),
    ),
    route(path('exact', '/overwrite'), to('a'), both(add('x-kept', '2', 'overwrite'), add('x-new', '2', 'overwrite'))),
    route(path('exact', '/exists'), to('a'), {
      request: {
        add: [add('x-kept', '2', 'overwrite-if-exists'), add('x-new', '2', 'overwrite-if-exists')],
        remove: [],
      },
      response: {
        add: [add('x-kept', '2', 'overwrite-if-exists'), add('x-new', '2', 'overwrite-if-exists')],
        remove: [],
      },
    }),
    route(path('exact', '/twice'), to('a'), both(add('x-twice', 'c', 'overwrite'))),
    route(path('exact', '/remove'), to('a'), {
      request: { add: [add('x-kept', 'again')], remove: ['x-kept', 'x-twice'] },
      response: { add: [add('x-kept', 'again')], remove: ['x-kept', 'x-twice'] },
    }),
    route(path('exact', '/mixed'), to('a'), both(add('x-new', '1'), add('x-new', '2', 'overwrite'), add('x-new', '3'))),
    route(path('exact', '/empty'), to('a'), both(add('x-kept', ''), { ...add('x-new', ''), keepEmpty: true })),
    route(path('exact', '/percent'), to('a'), both(add('x-new', '100%'))),
    route(path('exact', '/levels'), to('a'), both(add('x-level', 'route', 'overwrite'), add('x-list', 'route'))),
    route(path('exact', '/silent'), to('a', { timeoutMs: 200 }), both(add('x-new', '1'))),
    route(path('exact', '/no-upstream'), to('empty'), both(add('x-new', '1'))),
    route(path('exact', '/utf8'), to('a'), both(add('x-new', 'grün'))),
  ),
  headers: both(add('x-level', 'host', 'overwrite'), add('x-list', 'host')),
};

function both(...add: HeaderToAddSpec[]): HeaderChangesSpec {
  return { request: { add, remove: [] }, response: { add, remove: [] } };
}

const answers = host(
  'answers',
  ['answers.test'],
  route(path('exact', '/ok'), { kind: 'direct-response', status: 200, body: 'hello ü\n' }),
  route(path('exact', '/gone'), { kind: 'direct-response', status: 410, body: '' }),
  route(path('exact', '/none'), { kind: 'direct-response', status: 204, body: '' }),
  route(
    path('exact', '/json'),
    { kind: 'direct-response', status: 503, body: '{}' },
    { response: { add: [add('content-type', 'application/json', 'overwrite'), add('retry-after', '5')], remove: [] } },
  ),
);

const timeouts = host(
  'timeouts',
  ['timeout.test'],
  route(path('exact', '/silent'), to('a', { timeoutMs: 200 })),
  route(path('exact', '/late'), to('a', { timeoutMs: 0 })),
  route(path('exact', '/late-in-time'), to('a', { timeoutMs: 3_000 })),
  route(path('exact', '/missing'), to('empty')),
);

const levels = both(add('x-level', 'config', 'overwrite'), add('x-list', 'config'));

export const TABLE_CONFIG: RouteConfigSpec = {
  name: TABLE,
  virtualHosts: [...hosts, paths, headers, queries, weights, redirects, rewrites, answers, timeouts],
};

export const SWITCHED_CONFIG: RouteConfigSpec = {
  name: SWITCHED,
  virtualHosts: [
    { ...changes, domains: ['changes.test'] },
    host('weighted', ['weights.test'], ...weights.routes.slice(1, 2)),
  ],
  ignorePortInHostMatching: true,
  mostSpecificHeaderChangesWin: true,
  headers: levels,
};

/** The third route configuration: header changes of three levels in the usual order. */
export const CHANGES = 'changes';
export const CHANGES_CONFIG: RouteConfigSpec = { name: CHANGES, virtualHosts: [changes], headers: levels };

/** One listener on a free port for each route configuration, and a cluster for each list of endpoints. */
export function routingSnapshot(backends: Readonly<Record<string, readonly TestAddress[]>>): Snapshot {
  const configs = [TABLE_CONFIG, SWITCHED_CONFIG, CHANGES_CONFIG];
  const names = Object.keys(backends);
  return {
    clusters: new Map(
      names.map((name) => [
        name,
        { name, discovery: { kind: 'eds', serviceName: name }, connectTimeoutMs: 1_000, loadBalancer: 'round-robin' },
      ]),
    ),
    endpoints: new Map(names.map((name) => [name, assignment(name, backends[name] ?? [])])),
    listeners: new Map(
      configs.map(({ name }) => [
        name,
        {
          name,
          address: { host: '127.0.0.1', port: 0 },
          additionalAddresses: [],
          filterChains: [
            httpChain({
              statPrefix: name,
              routes: { kind: 'rds', name },
              idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
              requestHeadersTimeoutMs: 10_000,
            }),
          ],
        },
      ]),
    ),
    routes: new Map(configs.map((config) => [config.name, config])),
    names: new Map(),
  };
}
