// fast-check generators of everything that configuration can say, as legal specs.
import fc from 'fast-check';
import { APP_PROTOCOLS, type ClusterSpec, DNS_FAMILIES, type DnsDiscoverySpec } from '../../src/model/cluster-spec.ts';
import {
  ENDPOINT_HEALTHS,
  type EndpointSpec,
  type LoadAssignmentSpec,
  type LocalityEndpointsSpec,
} from '../../src/model/endpoint-spec.ts';
import type { EnvoyHeadersSpec } from '../../src/model/envoy-headers-spec.ts';
import type { CidrRangeSpec, FilterChainMatchSpec } from '../../src/model/filter-chain-match-spec.ts';
import { FRACTION_DENOMINATORS } from '../../src/model/fraction-spec.ts';
import type {
  FilterChainSpec,
  HttpConnectionManagerSpec,
  ListenerSpec,
  SocketAddressSpec,
  TcpProxySpec,
} from '../../src/model/listener-spec.ts';
import { MAX_PREFETCH_HINTS, type PrefetchHintsSpec } from '../../src/model/prefetch-hints-spec.ts';
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../src/model/route-spec.ts';
import type { ServiceNameSpec } from '../../src/model/service-name-spec.ts';
import type { UpgradesSpec } from '../../src/model/upgrades-spec.ts';
import { balancing, hashPolicy, labels, session } from './arbitrary-balancing.ts';
import { filterOverrides, httpFilters } from './arbitrary-filters.ts';
import { outlierDetection } from './arbitrary-outliers.ts';
import { attemptCount, retry } from './arbitrary-retries.ts';
import { downstreamTls, upstreamTls } from './arbitrary-tls.ts';
import { circuitBreakers, connections, endpointCheck, healthCheck, mirrors } from './arbitrary-upstream.ts';

const name = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
const host = fc.oneof(fc.ipV4(), fc.ipV6());
const ms = fc.integer({ min: 1, max: 86_400_000 });
const weight = fc.integer({ min: 1, max: 1_000 });

function address(minPort: number): fc.Arbitrary<SocketAddressSpec> {
  return fc.record({ host, port: fc.integer({ min: minPort, max: 65_535 }) });
}

const pod = fc.record({ namespace: name, name, uid: fc.uuid() });

const endpoint: fc.Arbitrary<EndpointSpec> = fc
  .tuple(
    address(1),
    fc.record(
      {
        ...{
          health: fc.constantFrom(...ENDPOINT_HEALTHS),
          weight,
          pod,
          hostname: fc.domain(),
          hashKey: name,
          check: endpointCheck,
        },
        ...{ labels, node: name, forZones: fc.array(name, { maxLength: 2 }), leaving: fc.constant(true as const) },
      },
      { requiredKeys: ['health', 'weight'] },
    ),
  )
  .map(([at, rest]) => ({ ...at, ...rest }));

const locality: fc.Arbitrary<Omit<LocalityEndpointsSpec, 'priority'>> = fc.record({
  locality: fc.record({ region: fc.string(), zone: fc.string(), subZone: fc.string() }),
  weight: fc.integer({ min: 0, max: 1_000 }),
  endpoints: fc.array(endpoint, { maxLength: 4 }),
});

/** Priorities without gaps. */
const localities = fc
  .array(fc.array(locality, { minLength: 1, maxLength: 2 }), { maxLength: 3 })
  .map((priorities) => priorities.flatMap((group, priority) => group.map((item) => ({ ...item, priority }))));

export const loadAssignmentSpec: fc.Arbitrary<LoadAssignmentSpec> = fc.record(
  { name, localities, overprovisioningFactor: fc.integer({ min: 1, max: 139 }) },
  { requiredKeys: ['name', 'localities'] },
);

const dnsDiscovery: fc.Arbitrary<DnsDiscoverySpec> = fc
  .record({
    targets: fc.record({
      name,
      localities: fc
        .tuple(locality, address(1), fc.domain())
        .map(([group, at, host]) => [
          { ...group, priority: 0, endpoints: [{ ...at, host, health: 'healthy' as const, weight: 1 }] },
        ]),
    }),
    kind: fc.constantFrom('strict-dns' as const, 'logical-dns' as const),
    refreshMs: ms,
    respectTtl: fc.boolean(),
    jitterMs: fc.integer({ min: 0, max: 60_000 }),
    family: fc.constantFrom(...DNS_FAMILIES),
    baseMs: fc.option(ms),
  })
  .map(({ baseMs, ...rest }) => (baseMs === null ? rest : { ...rest, failureBackOff: { baseMs, maxMs: baseMs * 2 } }));

const kibibytes = fc.integer({ min: 1, max: 8_192 }).map((count) => count * 1_024);

const clusterBase = fc.record(
  {
    name,
    discovery: fc.oneof(
      fc.record({ kind: fc.constant('eds' as const), serviceName: name }),
      fc.record({ kind: fc.constant('static' as const), assignment: loadAssignmentSpec }),
      dnsDiscovery,
      fc.constant({ kind: 'original-dst' as const }),
    ),
    connectTimeoutMs: ms,
    tls: upstreamTls,
    protocol: fc.constantFrom('http2' as const, 'auto' as const),
    appProtocol: fc.constantFrom(...APP_PROTOCOLS),
    maxResponseHeadBytes: kibibytes,
    maxResponseFields: fc.integer({ min: 1, max: 10_000 }),
    outlierDetection,
    clientAffinity: fc.record({ timeoutMs: ms }),
    sessionHealths: fc.constantFrom(
      ['healthy' as const],
      ['healthy' as const, 'degraded' as const, 'draining' as const],
    ),
    circuitBreakers,
    connections,
    healthCheck,
    removesHealthy: fc.constant(true as const),
  },
  { requiredKeys: ['name', 'discovery', 'connectTimeoutMs'] },
);

export const clusterSpec: fc.Arbitrary<ClusterSpec> = fc
  .tuple(clusterBase, balancing)
  .map(([{ protocol, healthCheck: asked, ...base }, chosen]) => ({
    ...base,
    ...(asked === undefined ? {} : { healthCheck: asked }),
    // ALPN is a matter of TLS.
    ...(protocol === undefined || (protocol === 'auto' && base.tls === undefined) ? {} : { protocol }),
    ...(base.discovery.kind === 'original-dst' ? { loadBalancer: 'round-robin' as const } : chosen),
  }));

const upgrades: fc.Arbitrary<UpgradesSpec> = fc.dictionary(
  fc.constantFrom('websocket', 'spdy/3.1', 'tcp', '*'),
  fc.boolean(),
  { minKeys: 1 },
);

const durationMs = fc.integer({ min: 0, max: 86_400_000 });

/** One of both, or none. */
const callDuration = fc.oneof(
  fc.constant({}),
  fc.record({
    streamDuration: fc.record(
      { maxMs: durationMs, grpcTimeoutMaxMs: durationMs, grpcTimeoutOffsetMs: durationMs },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ grpcTimeout: fc.record({ maxMs: durationMs, offsetMs: durationMs }) }),
);

const hashPolicies = fc.array(hashPolicy, { minLength: 1, maxLength: 3 });

const routeAction = fc
  .tuple(
    fc.record(
      {
        cluster: name,
        timeoutMs: durationMs,
        idleTimeoutMs: durationMs,
        retry,
        upgrades,
        hashPolicies,
        session,
        subset: labels,
        priority: fc.constant('high' as const),
        mirrors,
      },
      { requiredKeys: ['cluster', 'timeoutMs'] },
    ),
    callDuration,
  )
  .map(([action, duration]) => ({ ...action, ...duration }));

const anyRoute: fc.Arbitrary<RouteSpec> = fc.record(
  {
    name: fc.string(),
    filters: filterOverrides,
    match: fc.oneof(
      fc.record(
        {
          path: fc.oneof(
            fc.record({ kind: fc.constant('prefix' as const), value: fc.string() }),
            fc.record({ kind: fc.constant('exact' as const), value: fc.string() }),
          ),
          share: fc.record({
            numerator: fc.nat({ max: 4_294_967_295 }),
            denominator: fc.constantFrom(...FRACTION_DENOMINATORS),
          }),
        },
        { requiredKeys: ['path'] },
      ),
      fc.constant({ path: { kind: 'prefix' as const, value: '/' }, connect: true }),
    ),
    action: routeAction,
  },
  { requiredKeys: ['name', 'match', 'action'] },
);

/** CONNECT asks for no subset, and is not mirrored. */
const route = anyRoute.map((spec): RouteSpec => {
  if (spec.match.connect !== true || !('cluster' in spec.action)) return spec;
  const { subset: _subset, mirrors: _mirrors, ...action } = spec.action;
  return { ...spec, action };
});

/** Domains are unique in a route configuration: the number makes them so. */
function virtualHost(index: number): fc.Arbitrary<VirtualHostSpec> {
  return fc.record(
    {
      name,
      domains: fc.constant([`a${index}.example`, `*.b${index}.example`, `c${index}.*`]),
      routes: fc.array(route, { maxLength: 3 }),
      filters: filterOverrides,
      attemptCount,
    },
    { requiredKeys: ['name', 'domains', 'routes'] },
  );
}

export const routeConfigSpec: fc.Arbitrary<RouteConfigSpec> = fc.record(
  {
    name,
    virtualHosts: fc.tuple(virtualHost(0), virtualHost(1), virtualHost(2)),
    filters: filterOverrides,
  },
  { requiredKeys: ['name', 'virtualHosts'] },
);

const range: fc.Arbitrary<CidrRangeSpec> = fc.oneof(
  fc.record({ address: fc.ipV4(), prefixLength: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ address: fc.ipV6(), prefixLength: fc.integer({ min: 0, max: 128 }) }),
);

const yes = fc.constant(true as const);

const envoyHeaders: fc.Arbitrary<EnvoyHeadersSpec> = fc.oneof(
  fc.record(
    {
      internal: fc.array(range, { maxLength: 2 }),
      caller: fc.constant('connection' as const),
      ...{ addsForwardedFor: yes, respectsExpectedTimeout: yes, suppressed: yes },
    },
    { requiredKeys: ['internal', 'caller'] },
  ),
  fc.record(
    {
      internal: fc.array(range, { minLength: 1, maxLength: 2 }),
      caller: fc.constant('forwarded-for' as const),
      ...{ respectsExpectedTimeout: yes, suppressed: yes },
    },
    { requiredKeys: ['internal', 'caller'] },
  ),
);

const http: fc.Arbitrary<HttpConnectionManagerSpec> = fc.record(
  {
    accessLogs: fc.array(name, { minLength: 1, maxLength: 2 }),
    statPrefix: name,
    routes: fc.oneof(
      fc.record({ kind: fc.constant('rds' as const), name }),
      fc.record({ kind: fc.constant('inline' as const), config: routeConfigSpec }),
      fc.constant({ kind: 'on-demand' as const }),
    ),
    idleTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
    requestHeadersTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
    streamIdleTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
    requestTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
    maxRequestHeadBytes: kibibytes,
    maxRequestFields: fc.integer({ min: 1, max: 10_000 }),
    maxRequestsPerConnection: fc.integer({ min: 1, max: 4_294_967_295 }),
    maxConnectionDurationMs: fc.integer({ min: 1, max: 86_400_000 }),
    maxStreamDurationMs: fc.integer({ min: 1, max: 86_400_000 }),
    upgrades,
    filters: httpFilters,
    envoyHeaders,
  },
  { requiredKeys: ['statPrefix', 'routes', 'idleTimeoutMs', 'requestHeadersTimeoutMs'] },
);

const tcp: fc.Arbitrary<TcpProxySpec> = fc.record(
  {
    accessLogs: fc.array(name, { minLength: 1, maxLength: 2 }),
    statPrefix: name,
    cluster: fc.oneof(name, fc.array(fc.record({ name, weight }), { minLength: 1, maxLength: 3 })),
    idleTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
    maxConnectAttempts: fc.integer({ min: 1, max: 9 }),
    hashesClients: fc.constant(true as const),
  },
  { requiredKeys: ['statPrefix', 'cluster', 'idleTimeoutMs', 'maxConnectAttempts'] },
);

const filter: FilterArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('http' as const), http }),
  fc.record({ kind: fc.constant('tcp' as const), tcp }),
);

type FilterArbitrary = fc.Arbitrary<FilterChainSpec['filter']>;

/** No two chains match alike: the port makes them so. */
function chain(destinationPort: number): fc.Arbitrary<FilterChainSpec> {
  const match: fc.Arbitrary<FilterChainMatchSpec> = fc.record(
    {
      destinationPort: fc.constant(destinationPort),
      prefixRanges: fc.uniqueArray(range, { minLength: 1, maxLength: 2, selector: JSON.stringify }),
      serverNames: fc.subarray(['a.example', '*.a.example', 'b.example'], { minLength: 1 }),
      transportProtocol: fc.constantFrom('tls' as const, 'raw_buffer' as const),
      applicationProtocols: fc.subarray(['h2c', 'http/1.1', 'h2'], { minLength: 1 }),
    },
    { requiredKeys: ['destinationPort'] },
  );
  return fc.record(
    { name: fc.string(), match, filter, tls: downstreamTls },
    { requiredKeys: ['name', 'match', 'filter'] },
  );
}

const inspection = fc.record({
  tls: fc.constant(true),
  http: fc.boolean(),
  timeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
  continueOnTimeout: fc.boolean(),
});

export const listenerSpec: fc.Arbitrary<ListenerSpec> = fc.record(
  {
    name,
    address: address(0),
    additionalAddresses: fc.array(address(0), { maxLength: 2 }),
    filterChains: fc.tuple(chain(80), chain(443)),
    defaultFilterChain: fc.record({ name: fc.string(), match: fc.constant({}), filter }),
    inspection,
    originalDestination: fc.constantFrom('match' as const, 'hand-over' as const),
    bindToPort: fc.constant(false as const),
  },
  { requiredKeys: ['name', 'address', 'additionalAddresses', 'filterChains', 'inspection'] },
);

const dialledAddress = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
);
const portNumber = fc.integer({ min: 1, max: 65_535 });

export const serviceNameSpec: fc.Arbitrary<ServiceNameSpec> = fc.record({
  name: fc.domain().map((domain) => domain.toLowerCase()),
  addresses: fc.array(dialledAddress, { maxLength: 2 }),
  ports: fc.array(
    fc.record(
      {
        number: portNumber,
        servicePort: portNumber,
        addresses: fc.array(dialledAddress, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ['number', 'servicePort'] },
    ),
    { maxLength: 3 },
  ),
});

export const prefetchHintsSpec: fc.Arbitrary<PrefetchHintsSpec> = fc.record(
  { name, routes: fc.array(fc.string(), { maxLength: MAX_PREFETCH_HINTS }), home: fc.string({ minLength: 1 }) },
  { requiredKeys: ['name', 'routes'] },
);
