// Sessions by address in the real Envoy and in our sidecar, from one control plane: what either writes the other reads, and both go the same ways.
import { request } from 'node:http';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { EndpointHealth, EndpointSpec } from '../../src/model/endpoint-spec.ts';
import { SESSION_FILTER } from '../../src/model/http-filter-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain } from '../../src/model/listener-spec.ts';
import type { RouteSpec } from '../../src/model/route-spec.ts';
import type { SessionSpec } from '../../src/model/session-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RoutedAnswer, send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { SideBySide } from '../support/side-by-side.ts';

const LISTENER = 'sessions';
const TCP_LISTENER = 'bytes';
const TTL_MS = 90_000;

const COOKIE: SessionSpec = {
  carrier: { kind: 'cookie', name: 'cart', ttlMs: 0, path: '/' },
  ...{ format: 'address', onLoss: 'hash', lifetimeMs: 0 },
};
const SESSIONS: Readonly<Record<string, SessionSpec>> = {
  cookie: COOKIE,
  strict: { ...COOKIE, onLoss: 'fail' },
  told: { ...COOKIE, onLoss: 'fail', failStatus: 410 },
  timed: { ...COOKIE, carrier: { kind: 'cookie', name: 'cart', ttlMs: TTL_MS, path: '/shop' }, lifetimeMs: TTL_MS },
  header: { ...COOKIE, carrier: { kind: 'header', name: 'x-session' } },
};

function routeOf(host: string): RouteSpec {
  const session = SESSIONS[host] ?? null;
  const filters = { [SESSION_FILTER]: { config: { kind: 'stateful-session', session } as const } };
  const action = { cluster: 'pods', timeoutMs: 0 };
  return { name: host, match: { path: { kind: 'prefix', value: '/' } }, action, filters };
}

function snapshotOf(endpoints: readonly EndpointSpec[]): Snapshot {
  const locality = { region: '', zone: '', subZone: '' };
  const hosts = [...Object.keys(SESSIONS), 'none'];
  const virtualHosts = hosts.map((host) => ({ name: host, domains: [`${host}.test`], routes: [routeOf(host)] }));
  const http = httpChain({
    ...{ statPrefix: LISTENER, idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS, requestHeadersTimeoutMs: 10_000 },
    routes: { kind: 'rds', name: 'routes' },
    filters: [{ name: SESSION_FILTER, config: { kind: 'stateful-session', session: null } }],
  });
  const address = { host: '127.0.0.1', port: 0 };
  const cluster: ClusterSpec = {
    ...{ name: 'pods', connectTimeoutMs: 5_000, loadBalancer: 'round-robin' },
    discovery: { kind: 'eds', serviceName: 'pods' },
    sessionHealths: ['healthy', 'degraded', 'draining'],
  };
  const localities = [{ locality, priority: 0, weight: 1, endpoints }];
  const hashed = { ...cluster, name: 'hashed', loadBalancer: 'maglev' } as const;
  const tcp = { statPrefix: 'tcp', cluster: 'hashed', idleTimeoutMs: 60_000, maxConnectAttempts: 1 };
  const bytes = { name: '', match: {}, filter: { kind: 'tcp', tcp: { ...tcp, hashesClients: true } } } as const;
  return {
    clusters: new Map([
      ['pods', cluster],
      ['hashed', hashed],
    ]),
    endpoints: new Map([['pods', { name: 'pods', localities }]]),
    listeners: new Map([
      [LISTENER, { name: LISTENER, address, additionalAddresses: [], filterChains: [http] }],
      [TCP_LISTENER, { name: TCP_LISTENER, address, additionalAddresses: [], filterChains: [bytes] }],
    ]),
    routes: new Map([['routes', { name: 'routes', virtualHosts }]]),
    names: new Map(),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describeWithPeers('sessions by address', ['envoy'], (paths) => {
  let backends: readonly ToldBackend[] = [];
  let both: SideBySide;

  beforeAll(async () => {
    backends = await Promise.all(['a', 'b', 'c', 'd'].map(startToldBackend));
    const healths: readonly EndpointHealth[] = ['healthy', 'healthy', 'draining', 'unhealthy'];
    const endpoints = backends.map(({ address }, index) => ({
      ...{ host: address.host, port: address.port, weight: 1, health: healths[index] ?? 'healthy' },
    }));
    both = await SideBySide.start(paths['envoy'] ?? '', snapshotOf(endpoints));
  });

  afterAll(async () => {
    await both.close();
    for (const { server } of backends) server.close();
  });

  const addressOf = (index: number): string => {
    const { host, port } = backends[index]?.address ?? { host: '', port: 0 };
    return `${host}:${port}`;
  };
  const ask = async (port: number, host: string, path: string, ...fields: [string, string][]): Promise<RoutedAnswer> =>
    send(port, { host: `${host}.test`, path, headers: fields });
  /** The same request to both. */
  const askBoth = async (host: string, path: string, ...fields: [string, string][]) => {
    const { envoy, sidecar } = both.portsOf(LISTENER);
    return [await ask(envoy, host, path, ...fields), await ask(sidecar, host, path, ...fields)] as const;
  };

  it('are taken by both without a word', () => {
    expect(both.refusals).toEqual([]);
  });

  it.each([
    ['cookie', '/', /^cart="([^"]+)"; Path=\/; HttpOnly$/],
    ['timed', '/shop?x', /^cart="([^"]+)"; Max-Age=90; Path=\/shop; HttpOnly$/],
  ])('begin alike in "%s": the cookie names the endpoint that has answered', async (host, path, form) => {
    for (const { fields, seen } of await askBoth(host, path)) {
      const [, value = ''] = form.exec(fields['set-cookie'] ?? '') ?? [];
      const bytes = Buffer.from(value, 'base64');
      const address = backends.findIndex((_, index) => bytes.includes(addressOf(index)));
      expect('abcd'[address]).toBe(seen?.backend);
      expect(bytes[0]).toBe(0x0a);
    }
  });

  it('go where a cookie says that the other has written, and leave it as it is', async () => {
    const { envoy, sidecar } = both.portsOf(LISTENER);
    for (const [writer, reader] of [[envoy, sidecar] as const, [sidecar, envoy] as const]) {
      for (let turn = 0; turn < 4; turn += 1) {
        const written = await ask(writer, 'cookie', '/');
        const [, value = ''] = /^cart="([^"]+)"/.exec(written.fields['set-cookie'] ?? '') ?? [];
        const read = await ask(reader, 'cookie', '/', ['cookie', `cart="${value}"`]);
        expect(read.seen?.backend).toBe(written.seen?.backend);
        expect(read.fields['set-cookie']).toBeUndefined();
      }
    }
  });

  it.each([
    ['cookie', 'cookie', (index: number) => `cart=${base64(addressOf(index))}`],
    ['header', 'x-session', (index: number) => base64(addressOf(index))],
  ])('by %s stay with a draining endpoint and leave one that is unhealthy', async (host, field, value) => {
    for (const { seen, fields } of await askBoth(host, '/', [field, value(2)])) {
      expect(seen?.backend).toBe('c');
      expect(fields['set-cookie'] ?? fields['x-session']).toBeUndefined();
    }
    for (const { seen, fields } of await askBoth(host, '/', [field, value(3)])) {
      expect(['a', 'b']).toContain(seen?.backend);
      expect(fields['set-cookie'] ?? fields['x-session']).toBeDefined();
    }
  });

  it('are told in a header as base64 of the address', async () => {
    for (const { seen, fields } of await askBoth('header', '/')) {
      expect(fields['x-session']).toBe(base64(addressOf('abcd'.indexOf(seen?.backend ?? ''))));
    }
  });

  it.each([
    ['strict', 503],
    ['told', 410],
  ])('fail in "%s" where their endpoint is gone, with %i', async (host, status) => {
    const gone = base64('127.0.0.1:1');
    const answers = await askBoth(host, '/', ['cookie', `cart=${gone}`]);
    expect(answers.map((answer) => answer.status)).toEqual([status, status]);
  });

  it.each([
    ['a path beside that of the cookie', 'timed', '/shopping'],
    ['a route that has none', 'none', '/'],
  ])('are none for %s', async (_what, host, path) => {
    for (const { status, fields } of await askBoth(host, path)) {
      expect([status, fields['set-cookie']]).toEqual([200, undefined]);
    }
  });

  it.each(['', 'cart=', 'cart=%%%'])('begin anew where the cookie says nothing: "%s"', async (cookie) => {
    for (const { status, fields } of await askBoth('cookie', '/', ['cookie', cookie])) {
      expect([status, fields['set-cookie'] !== undefined]).toEqual([200, true]);
    }
  });

  it('of connections agree by hash of the address that they come from: 40 clients, the same pod through either', async () => {
    const { envoy, sidecar } = both.portsOf(TCP_LISTENER);
    const seen = new Set<string>();
    for (let index = 1; index <= 40; index += 1) {
      const from = `127.0.6.${index}`;
      const [theirs, ours] = [await askOver(envoy, from), await askOver(sidecar, from)];
      expect(ours).toBe(theirs);
      seen.add(theirs);
    }
    expect([...seen].sort()).toEqual(['a', 'b']);
  });
});

/** Which backend answers a request in a connection from `from` that nobody looks into. */
function askOver(port: number, from: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, localAddress: from, agent: false };
    const call = request(options, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.headers['x-backend'])));
    });
    call.on('error', reject);
    call.end();
  });
}
