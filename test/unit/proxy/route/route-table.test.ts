// Which virtual host and which route take a request: the order of precedence.
import { seededRandom } from '../../../../src/base/random.ts';
import type { RouteConfigSpec, RouteSpec } from '../../../../src/model/route-spec.ts';
import { RouteTable } from '../../../../src/proxy/route/route-table.ts';
import type { ClusterSlot } from '../../../../src/proxy/upstream/cluster.ts';
import { requestHead } from '../codec/http1/heads.ts';

function slotOf(name: string): ClusterSlot {
  return { name, cluster: null };
}

function route(name: string, match: RouteSpec['match']): RouteSpec {
  return { name, match, action: { cluster: name, timeoutMs: 0 } };
}

const ANY_PATH = { path: { kind: 'prefix', value: '/' } } as const;

/** One virtual host for each domain, whose one route has the domain's name. */
function hosts(domains: readonly string[], more: Partial<RouteConfigSpec> = {}): RouteTable {
  const virtualHosts = domains.map((domain) => ({
    name: domain,
    domains: [domain],
    routes: [route(domain, ANY_PATH)],
  }));
  return new RouteTable({ name: 'routes', virtualHosts, ...more }, slotOf, seededRandom(1));
}

function asked(table: RouteTable, authority: string, target = '/', method = 'GET'): string | null {
  const start = method === 'CONNECT' ? `CONNECT ${authority} HTTP/1.1` : `${method} ${target} HTTP/1.1`;
  return table.match(requestHead([start, `Host: ${authority}`]))?.name ?? null;
}

describe('the virtual host', () => {
  const DOMAINS = ['*', 'a.*', 'a.b.*', '*.c', '*.b.c', 'a.b.c', 'a.b.c:8080', '*-x.c'];

  it.each([
    ['a.b.c', 'a.b.c'],
    ['A.B.C', 'a.b.c'],
    ['a.b.c:8080', 'a.b.c:8080'],
    ['a.b.c:80', 'a.b.*'],
    ['x.b.c', '*.b.c'],
    ['x.y.c', '*.c'],
    ['y-x.c', '*-x.c'],
    ['a.b.d', 'a.b.*'],
    ['a.d', 'a.*'],
    ['a.', '*'],
    ['.c', '*'],
    ['b', '*'],
  ])(
    'of %s is %s: exact before the longest suffix, that before the longest prefix, that before any',
    (authority, domain) => {
      expect(asked(hosts(DOMAINS), authority)).toBe(domain);
      expect(asked(hosts([...DOMAINS].reverse()), authority)).toBe(domain);
    },
  );

  it.each([
    ['a:80', 'a'],
    ['a:1', 'a'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['x.b:80', '*.b'],
  ])('of %s is %s where ports are not looked at', (authority, domain) => {
    expect(asked(hosts(['a', '[::1]', '*.b'], { ignorePortInHostMatching: true }), authority)).toBe(domain);
  });

  it('is none where no domain fits', () => {
    expect(asked(hosts(['a', '*.b', 'c.*']), 'x')).toBeNull();
  });
});

describe('the route', () => {
  const routes = [
    route('exact', { path: { kind: 'exact', value: '/one' } }),
    route('long', { path: { kind: 'prefix', value: '/one/two' } }),
    route('short', { path: { kind: 'prefix', value: '/one' } }),
    route('tunnel', { ...ANY_PATH, connect: true }),
    route('post', {
      ...ANY_PATH,
      headers: [{ name: ':method', match: { kind: 'exact', value: 'POST', ignoreCase: false } }],
    }),
  ];
  const virtualHosts = [
    { name: 'specific', domains: ['a', 'a:80'], routes },
    { name: 'general', domains: ['*'], routes: [route('general', ANY_PATH)] },
  ];
  const table = new RouteTable({ name: 'routes', virtualHosts }, slotOf, seededRandom(1));

  it.each([
    ['/one', 'exact'],
    ['/one?x=/one/two', 'exact'],
    ['/one/two/three', 'long'],
    ['/one/three', 'short'],
    ['/onetwo', 'short'],
    ['/One', null],
    ['/', null],
  ])('for %s is %s: the first that takes it; no other virtual host is asked', (target, name) => {
    expect(asked(table, 'a', target)).toBe(name);
  });

  it('for CONNECT is one for CONNECT, and that takes nothing else', () => {
    expect([asked(table, 'a:80', '', 'CONNECT'), asked(table, 'b:80', '', 'CONNECT')]).toEqual(['tunnel', null]);
    expect(asked(table, 'a', '/x')).toBeNull();
  });

  it('is passed over where its conditions do not hold', () => {
    expect([asked(table, 'a', '/x', 'POST'), asked(table, 'a', '/x', 'PUT')]).toEqual(['post', null]);
  });
});

describe('a route that takes a share', () => {
  it.each([0, 0.25, 1])('takes %d of the requests that all else matches, and leaves the rest to the next', (share) => {
    const any = { path: { kind: 'prefix', value: '/' } } as const;
    const first = { numerator: share * 1_000_000, denominator: 1_000_000 } as const;
    const routes = [
      { name: 'first', match: { ...any, share: first }, action: { cluster: 'a', timeoutMs: 0 } },
      { name: 'rest', match: any, action: { cluster: 'a', timeoutMs: 0 } },
    ];
    const virtualHosts = [{ name: 'h', domains: ['*'], routes }];
    const table = new RouteTable({ name: 'routes', virtualHosts }, slotOf, seededRandom(1));
    let taken = 0;
    for (let index = 0; index < 2_000; index += 1) taken += asked(table, 'h') === 'first' ? 1 : 0;
    expect(Math.abs(taken / 2_000 - share)).toBeLessThan(0.03);
  });
});
