// Ring hash and Maglev in the real Envoy and in our sidecar: the same key goes to the same pod in both, whatever it is taken from.
import { type BalancingSpec, DEFAULT_RING_HASH, type LoadBalancerName } from '../../src/model/balancing-spec.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { EndpointSpec, LoadAssignmentSpec } from '../../src/model/endpoint-spec.ts';
import type { HashPolicySpec } from '../../src/model/hash-policy-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain } from '../../src/model/listener-spec.ts';
import type { RouteSpec } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import type { SubsetLabels, SubsetsSpec } from '../../src/model/subset-spec.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RoutedRequest, send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { SideBySide } from '../support/side-by-side.ts';

const LISTENER = 'hashing';
const PODS = 12;
const KEYS = 40;

const BY_HEADER: readonly HashPolicySpec[] = [{ kind: 'header', name: 'x-key' }];

interface Case {
  readonly title: string;
  readonly loadBalancer: LoadBalancerName;
  readonly balancing?: BalancingSpec;
  readonly by?: readonly HashPolicySpec[];
  /** What an endpoint says beyond address and health. */
  readonly endpoint?: (index: number) => Partial<EndpointSpec>;
  /** Where the endpoint stands; by default all stand together. */
  readonly place?: (index: number) => Place;
  /** Percent. */
  readonly overprovisioningFactor?: number;
  /** What the route asks for. */
  readonly subset?: SubsetLabels;
  /** The request of each key; by default it stands in `x-key`. */
  readonly request?: (key: string) => Partial<RoutedRequest>;
}

interface Place {
  readonly priority: number;
  readonly zone: string;
  readonly weight: number;
}

const together: Place = { priority: 0, zone: '', weight: 1 };

/** Two priorities of six; of the first so many are unhealthy. */
const sick = (count: number): Pick<Case, 'place' | 'endpoint'> => ({
  place: (index) => ({ ...together, priority: index < 6 ? 0 : 1 }),
  endpoint: (index) => (index < count ? { health: 'unhealthy' } : {}),
});

const VERSIONS: SubsetsSpec = {
  fallback: 'default',
  defaultSubset: { version: '"v1"' },
  selectors: [{ keys: ['version'] }, { keys: ['stage', 'version'], fallback: 'none' }],
};

const versioned = (index: number): Partial<EndpointSpec> => ({
  labels: { version: `"v${1 + (index % 2)}"`, stage: String(1 + (index % 3)) },
});

const PLACED_CASES: readonly Case[] = [
  { title: 'a first priority of which one in six is unhealthy', loadBalancer: 'ring-hash', ...sick(1) },
  { title: 'a first priority of which half are unhealthy', loadBalancer: 'ring-hash', ...sick(3) },
  { title: 'a first priority of which all are unhealthy', loadBalancer: 'maglev', ...sick(6) },
  {
    title: 'a first priority that may lose nothing',
    loadBalancer: 'maglev',
    overprovisioningFactor: 100,
    ...sick(1),
  },
  {
    title: 'two sick priorities without panic',
    loadBalancer: 'ring-hash',
    balancing: { panicThreshold: 0 },
    place: sick(0).place ?? (() => together),
    endpoint: (index) => (index % 3 === 0 ? {} : { health: 'unhealthy' }),
  },
  {
    title: 'two sick priorities that panic',
    loadBalancer: 'ring-hash',
    place: (index) => ({ ...together, priority: index < 4 ? 0 : 1 }),
    endpoint: (index) => (index % 4 === 0 ? {} : { health: 'unhealthy' }),
  },
  {
    title: 'one sick priority that panics',
    loadBalancer: 'maglev',
    endpoint: (index) => (index < 4 ? {} : { health: index < 8 ? 'unhealthy' : 'draining' }),
  },
  {
    title: 'degraded endpoints beside healthy ones',
    loadBalancer: 'ring-hash',
    endpoint: (index) => (index < 5 ? {} : { health: 'degraded' }),
  },
  {
    title: 'degraded endpoints of two priorities',
    loadBalancer: 'maglev',
    place: sick(0).place ?? (() => together),
    endpoint: (index) => ({ health: index % 3 === 0 ? 'healthy' : index % 3 === 1 ? 'degraded' : 'unhealthy' }),
  },
  {
    title: 'the subset of one version',
    loadBalancer: 'maglev',
    ...{ balancing: { subsets: VERSIONS }, endpoint: versioned },
    subset: { version: '"v1"' },
  },
  {
    title: 'the subset of a version and a number, priorities in it',
    loadBalancer: 'ring-hash',
    ...{ balancing: { subsets: VERSIONS }, place: sick(0).place ?? (() => together) },
    endpoint: (index) => ({ ...versioned(index), ...(index < 4 ? { health: 'unhealthy' } : {}) }),
    subset: { stage: '2', version: '"v2"' },
  },
  {
    title: 'a subset that nobody is in, with the default subset instead',
    loadBalancer: 'maglev',
    ...{ balancing: { subsets: VERSIONS }, endpoint: versioned },
    subset: { version: '"v9"' },
  },
  {
    title: 'labels that make no subset, with all endpoints instead',
    loadBalancer: 'maglev',
    ...{ balancing: { subsets: { ...VERSIONS, fallback: 'any' } }, endpoint: versioned },
    subset: { colour: '"red"' },
  },
  ...(['ring-hash', 'maglev'] as const).map(
    (loadBalancer): Case => ({
      title: `localities of weights 1, 3 and 0, by ${loadBalancer}`,
      loadBalancer,
      balancing: { locality: { kind: 'weighted' } },
      place: (index) => ({ priority: 0, zone: 'abc'[index % 3] ?? '', weight: [1, 3, 0][index % 3] ?? 0 }),
      endpoint: (index) => ({ weight: 1 + (index % 2), ...(index === 4 ? { health: 'unhealthy' } : {}) }),
    }),
  ),
];

const cookie = (name: string, key: string): Partial<RoutedRequest> => ({
  headers: [['Cookie', `other=1; ${name}="${key}"; last=2`]],
});

const MADE_COOKIE = 'a cookie that is made where there is none';

const CASES: readonly Case[] = [
  ...PLACED_CASES,
  {
    title: MADE_COOKIE,
    loadBalancer: 'maglev',
    by: [
      {
        ...{ kind: 'cookie', name: 'session', ttlMs: 60_000, path: '/shop' },
        attributes: [
          { name: 'SameSite', value: 'Strict' },
          { name: 'Secure', value: '' },
        ],
      },
    ],
    request: (key) => cookie('session', key),
  },
  { title: 'a ring of 1,024 places', loadBalancer: 'ring-hash' },
  {
    title: 'a ring placed by MurmurHash2',
    loadBalancer: 'ring-hash',
    balancing: { ringHash: { ...DEFAULT_RING_HASH, hashFunction: 'murmur-hash-2' } },
  },
  {
    title: 'a ring of weights 1 to 4 and at most 100 places',
    loadBalancer: 'ring-hash',
    balancing: { ringHash: { ...DEFAULT_RING_HASH, minRingSize: 50, maxRingSize: 100 } },
    endpoint: (index) => ({ weight: 1 + (index % 4) }),
  },
  {
    title: 'a ring placed by host name, with a hash key before it',
    loadBalancer: 'ring-hash',
    balancing: { hashing: { byHostname: true, balanceFactor: 0 } },
    endpoint: (index) => ({ hostname: `db-${index}.test`, ...(index === 3 ? { hashKey: 'the third' } : {}) }),
  },
  { title: 'a table of 65,537 places', loadBalancer: 'maglev' },
  { title: 'a table of 503 places', loadBalancer: 'maglev', balancing: { maglev: { tableSize: 503 } } },
  {
    title: 'a table of 503 places and weights 1 to 4',
    loadBalancer: 'maglev',
    balancing: { maglev: { tableSize: 503 } },
    endpoint: (index) => ({ weight: 1 + (index % 4) }),
  },
  {
    title: 'a table placed by host name, with loads bounded at 300 %',
    loadBalancer: 'maglev',
    balancing: { hashing: { byHostname: true, balanceFactor: 300 } },
    endpoint: (index) => ({ hostname: `db-${index}.test` }),
  },
  {
    title: 'keys of 32 bytes and more',
    loadBalancer: 'maglev',
    request: (key) => ({ headers: [['x-key', `${key} ${'long '.repeat(12)}`]] }),
  },
  {
    title: 'a header of several fields',
    loadBalancer: 'maglev',
    request: (key) => ({
      headers: [
        ['x-key', `z${key}`],
        ['x-key', `a${key}`],
      ],
    }),
  },
  {
    title: 'a header of which a pattern leaves the first letters',
    loadBalancer: 'maglev',
    by: [{ kind: 'header', name: 'x-key', rewrite: { pattern: '^([a-z]+)-.*', substitution: '\\1' } }],
  },
  {
    title: 'the path',
    loadBalancer: 'ring-hash',
    by: [{ kind: 'header', name: ':path' }],
    request: (key) => ({ path: `/${key}?a=b` }),
  },
  {
    title: 'a cookie',
    loadBalancer: 'ring-hash',
    by: [{ kind: 'cookie', name: 'session' }],
    request: (key) => cookie('session', key),
  },
  {
    title: 'a query parameter',
    loadBalancer: 'maglev',
    by: [{ kind: 'query-parameter', name: 'user' }],
    request: (key) => ({ path: `/?x=y&user=${key}%20` }),
  },
  { title: 'the caller’s address', loadBalancer: 'maglev', by: [{ kind: 'source-ip' }] },
  {
    title: 'a query parameter and a header together',
    loadBalancer: 'maglev',
    by: [{ kind: 'query-parameter', name: 'user' }, ...BY_HEADER],
    request: (key) => ({ path: `/?user=${key.length}`, headers: [['x-key', key]] }),
  },
  {
    title: 'a header behind which nothing else counts, where it is there',
    loadBalancer: 'maglev',
    by: [{ kind: 'header', name: 'x-first', terminal: true }, ...BY_HEADER],
    request: (key) => ({
      headers: [['x-key', key], ...(key.endsWith('1') ? [['x-first', 'first'] as const] : [])],
    }),
  },
];

const keys = Array.from({ length: KEYS }, (_, index) => `${'abcdefgh'[index % 8]}${'xyz'[index % 3]}-${index * 7919}`);

function clusterOf({ loadBalancer, balancing }: Case, name: string): ClusterSpec {
  const discovery = { kind: 'eds' as const, serviceName: name };
  return { name, discovery, connectTimeoutMs: 1_000, loadBalancer, ...(balancing === undefined ? {} : { balancing }) };
}

function assignmentOf({ endpoint, place, overprovisioningFactor }: Case, name: string, pods: readonly ToldBackend[]) {
  const groups = new Map<string, { readonly place: Place; readonly endpoints: EndpointSpec[] }>();
  for (const [index, { address }] of pods.entries()) {
    const at = place?.(index) ?? together;
    const key = JSON.stringify(at);
    const group = groups.get(key) ?? { place: at, endpoints: [] };
    const { host, port } = address;
    group.endpoints.push({ ...{ host, port, health: 'healthy', weight: 1 }, ...endpoint?.(index) });
    groups.set(key, group);
  }
  const localities = Array.from(groups.values(), ({ place: { priority, zone, weight }, endpoints }) => ({
    ...{ priority, weight, endpoints },
    locality: { region: 'r', zone, subZone: '' },
  }));
  const assignment: LoadAssignmentSpec = { name, localities };
  return overprovisioningFactor === undefined ? assignment : { ...assignment, overprovisioningFactor };
}

function routeOf({ by = BY_HEADER, subset }: Case, cluster: string): RouteSpec {
  const match = { path: { kind: 'prefix' as const, value: '/' } };
  return {
    name: cluster,
    match,
    action: { cluster, timeoutMs: 10_000, hashPolicies: by, ...(subset === undefined ? {} : { subset }) },
  };
}

const nameOf = (index: number) => `case-${index}`;

function snapshotOf(pods: readonly ToldBackend[]): Snapshot {
  const chain = httpChain({
    statPrefix: LISTENER,
    routes: { kind: 'rds', name: LISTENER },
    idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
    requestHeadersTimeoutMs: 10_000,
  });
  const address = { host: '127.0.0.1', port: 0 };
  const virtualHosts = CASES.map((one, index) => {
    const name = nameOf(index);
    return { name, domains: [`${name}.test`], routes: [routeOf(one, name)] };
  });
  return {
    clusters: new Map(CASES.map((one, index) => [nameOf(index), clusterOf(one, nameOf(index))])),
    endpoints: new Map(CASES.map((one, index) => [nameOf(index), assignmentOf(one, nameOf(index), pods)])),
    listeners: new Map([[LISTENER, { name: LISTENER, address, additionalAddresses: [], filterChains: [chain] }]]),
    routes: new Map([[LISTENER, { name: LISTENER, virtualHosts }]]),
    names: new Map(),
  };
}

describeWithPeers('Envoy and the sidecar hash alike', ['envoy'], (paths) => {
  let pods: readonly ToldBackend[] = [];
  let both: SideBySide;

  beforeAll(async () => {
    pods = await Promise.all(Array.from({ length: PODS }, (_, index) => startToldBackend(`pod-${index}`)));
    both = await SideBySide.start(paths['envoy'] ?? '', snapshotOf(pods));
  }, 30_000);

  afterAll(async () => {
    await both?.close();
    for (const { server } of pods) server.close().closeAllConnections();
  });

  it('is configured without a refusal by either', () => {
    expect(both.server.connectedClients()).toHaveLength(2);
    expect(both.refusals).toEqual([]);
  });

  it.each(CASES.map((one, index) => [one.title, one, index] as const))(
    `sends ${KEYS} keys to the same pods: %s`,
    async (_title, { request }, index) => {
      const { envoy, sidecar } = both.portsOf(LISTENER);
      // One after the other: loads are bounded.
      const podsBehind = async (port: number): Promise<(string | undefined)[]> => {
        const found: (string | undefined)[] = [];
        for (const key of keys) {
          const more = request === undefined ? { headers: [['x-key', key] as const] } : request(key);
          const { seen } = await send(port, { host: `${nameOf(index)}.test`, path: '/', ...more });
          found.push(seen?.backend);
        }
        return found;
      };
      const theirs = await podsBehind(envoy);
      expect(theirs).not.toContain(undefined);
      expect(await podsBehind(sidecar)).toEqual(theirs);
    },
    20_000,
  );

  it('gives a caller without the cookie one, of the same form', async () => {
    const { envoy, sidecar } = both.portsOf(LISTENER);
    const host = `${nameOf(CASES.findIndex(({ title }) => title === MADE_COOKIE))}.test`;
    for (const port of [envoy, sidecar]) {
      const first = await send(port, { host, path: '/' });
      const made = first.fields['set-cookie'] ?? '';
      expect(made.replace(/"[0-9a-f]{1,16}"/, '"…"')).toBe(
        'session="…"; Max-Age=60; Path=/shop; SameSite=Strict; Secure; HttpOnly',
      );
      const headers = [['cookie', made.slice(0, made.indexOf(';'))]] as const;
      const again = await send(port, { host, path: '/', headers });
      expect([again.seen?.backend, again.fields['set-cookie']]).toEqual([first.seen?.backend, undefined]);
    }
  });
});
