// fast-check generators of load balancing, as legal parts of a cluster.
import fc from 'fast-check';
import {
  type BalancingSpec,
  DEFAULT_RING_HASH,
  HASHING_LOAD_BALANCERS,
  type LoadBalancerName,
  MAX_RING_SIZE,
  NEAR_TIERS,
} from '../../src/model/balancing-spec.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';
import type { HashPolicySpec } from '../../src/model/hash-policy-spec.ts';
import { SESSION_LOSSES, type SessionCookieSpec, type SessionSpec } from '../../src/model/session-spec.ts';
import { SUBSET_FALLBACKS, type SubsetLabels, type SubsetsSpec } from '../../src/model/subset-spec.ts';

type Balancing = Pick<ClusterSpec, 'loadBalancer' | 'balancing'>;

const hashing = fc.record({
  byHostname: fc.constant(true),
  balanceFactor: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 1_000 })),
});

/** What each algorithm may be told. Options that say no more than the default are absent. */
const OPTIONS: Readonly<Record<LoadBalancerName, fc.Arbitrary<BalancingSpec>>> = {
  'round-robin': fc.constant({}),
  'least-request': fc.record(
    {
      leastRequest: fc.record({
        choiceCount: fc.integer({ min: 3, max: 100 }),
        activeRequestBias: fc.double({ min: 0, max: 10, noNaN: true }),
        fullScan: fc.boolean(),
      }),
    },
    { requiredKeys: [] },
  ),
  'peak-ewma': fc.constant({}),
  random: fc.constant({}),
  'ring-hash': fc.record(
    {
      ringHash: fc.record({
        minRingSize: fc.integer({ min: 1, max: DEFAULT_RING_HASH.minRingSize - 1 }),
        maxRingSize: fc.integer({ min: DEFAULT_RING_HASH.minRingSize, max: MAX_RING_SIZE }),
        hashFunction: fc.constantFrom('xx-hash' as const, 'murmur-hash-2' as const),
      }),
      hashing,
    },
    { requiredKeys: [] },
  ),
  maglev: fc.record(
    { maglev: fc.record({ tableSize: fc.constantFrom(2, 503, 65_539, 5_000_011) }), hashing },
    { requiredKeys: [] },
  ),
  'pick-first': fc.record({ pickFirst: fc.record({ shuffle: fc.constant(true) }) }, { requiredKeys: [] }),
};

/** Of endpoints, and what routes ask for; at least one. */
export const labels: fc.Arbitrary<SubsetLabels> = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom('"v1"', '"1"', '1', 'true', 'null'),
  { minKeys: 1, maxKeys: 2 },
);

const selector = fc
  .tuple(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 3 }), fc.option(fallback()))
  .map(([keys, own]) => ({ keys: keys.toSorted(), ...(own === null ? {} : { fallback: own }) }));

const subsets: fc.Arbitrary<SubsetsSpec> = fc.record({
  fallback: fallback(),
  defaultSubset: fc.oneof(fc.constant({}), labels),
  selectors: fc.array(selector, { maxLength: 2 }),
});

function fallback() {
  return fc.constantFrom(...SUBSET_FALLBACKS);
}

/** The wire has slow start for these. */
const SLOW_STARTERS: readonly LoadBalancerName[] = ['round-robin', 'least-request', 'peak-ewma'];

const zoneAware = fc.record(
  {
    kind: fc.constant('zone-aware' as const),
    percent: fc.integer({ min: 0, max: 100 }),
    minEndpoints: fc.nat(100),
    failInPanic: fc.constant(true as const),
    byWeight: fc.constant(true as const),
    forceLocalFrom: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: ['kind', 'percent', 'minEndpoints'] },
);

/** What any algorithm may be told. */
const common: fc.Arbitrary<BalancingSpec> = fc.record(
  {
    panicThreshold: fc.integer({ min: 0, max: 49 }),
    locality: fc.oneof(
      fc.record({ kind: fc.constant('weighted' as const) }),
      zoneAware,
      fc.record(
        {
          kind: fc.constant('nearest' as const),
          tiers: fc.subarray([...NEAR_TIERS], { minLength: 1 }),
          onlyNode: fc.constant(true as const),
        },
        { requiredKeys: ['kind', 'tiers'] },
      ),
    ),
    subsets,
    slowStart: fc.record({
      windowMs: fc.integer({ min: 1, max: 3_600_000 }),
      aggression: fc.double({ min: 0.1, max: 10, noNaN: true }),
      minWeightPercent: fc.integer({ min: 0, max: 100 }),
    }),
  },
  { requiredKeys: [] },
);

export const balancing: fc.Arbitrary<Balancing> = fc.oneof(
  ...(Object.keys(OPTIONS) as LoadBalancerName[]).map((loadBalancer) =>
    fc.tuple(OPTIONS[loadBalancer], common).map(([own, { locality, slowStart, ...rest }]): Balancing => {
      // One endpoint for all: localities have nothing to share. Keys of a hash do not keep to zones.
      const isHashing = HASHING_LOAD_BALANCERS.includes(loadBalancer);
      const isLost = loadBalancer === 'pick-first' || (isHashing && locality?.kind === 'zone-aware');
      const where = locality === undefined || isLost ? {} : { locality };
      const slow = slowStart !== undefined && SLOW_STARTERS.includes(loadBalancer) ? { slowStart } : {};
      const options = { ...own, ...rest, ...where, ...slow };
      return Object.keys(options).length === 0 ? { loadBalancer } : { loadBalancer, balancing: options };
    }),
  ),
);

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
const pathText = fc.stringMatching(/^\/[a-z]{0,9}$/);

const hashed: fc.Arbitrary<HashPolicySpec> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('header' as const),
      name: token,
      rewrite: fc.constant({ pattern: 'a(b)', substitution: '\\1' }),
    },
    { requiredKeys: ['kind', 'name'] },
  ),
  fc.record(
    {
      kind: fc.constant('cookie' as const),
      name: token,
      ttlMs: fc.integer({ min: 0, max: 86_400_000 }),
      path: pathText,
      attributes: fc.array(fc.record({ name: token, value: token }), { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['kind', 'name'] },
  ),
  fc.constant({ kind: 'source-ip' as const }),
  fc.record({ kind: fc.constant('query-parameter' as const), name: fc.string({ minLength: 1 }) }),
);

export const hashPolicy: fc.Arbitrary<HashPolicySpec> = fc
  .tuple(hashed, fc.boolean())
  .map(([policy, terminal]) => (terminal ? { ...policy, terminal } : policy));

const sessionCookie = fc.record(
  {
    kind: fc.constant('cookie' as const),
    name: token,
    ttlMs: fc.integer({ min: 0, max: 86_400_000 }),
    path: pathText,
    attributes: fc.array(fc.record({ name: token, value: token }), { maxLength: 2 }),
  },
  { requiredKeys: ['kind', 'name', 'ttlMs'] },
);

/** Of our own format. */
export const session: fc.Arbitrary<SessionSpec> = fc.record(
  {
    carrier: fc.oneof(sessionCookie, fc.record({ kind: fc.constant('header' as const), name: token })),
    format: fc.constant('token' as const),
    onLoss: fc.constantFrom(...SESSION_LOSSES),
    lifetimeMs: fc.integer({ min: 0, max: 86_400_000 }),
    idleTimeoutMs: fc.integer({ min: 1, max: 86_400_000 }),
  },
  { requiredKeys: ['carrier', 'format', 'onLoss', 'lifetimeMs'] },
);

/** As Envoy keeps them: the cookie's time is the session's. */
export const addressSession: fc.Arbitrary<SessionSpec> = fc
  .record(
    {
      carrier: fc.oneof(sessionCookie, fc.record({ kind: fc.constant('header' as const), name: token })),
      onLoss: fc.constantFrom('fail' as const, 'hash' as const),
      failStatus: fc.integer({ min: 200, max: 599 }),
    },
    { requiredKeys: ['carrier', 'onLoss'] },
  )
  .map(({ carrier, ...rest }) => ({
    ...rest,
    carrier: carrier.kind === 'cookie' && carrier.attributes?.length === 0 ? withoutAttributes(carrier) : carrier,
    ...{ format: 'address', lifetimeMs: carrier.kind === 'cookie' ? carrier.ttlMs : 0 },
  }));

function withoutAttributes({ attributes: _, ...cookie }: SessionCookieSpec): SessionCookieSpec {
  return cookie;
}
