// fast-check generators of load balancing, as legal parts of a cluster.
import fc from 'fast-check';
import {
  type BalancingSpec,
  DEFAULT_RING_HASH,
  type LoadBalancerName,
  MAX_RING_SIZE,
} from '../../src/model/balancing-spec.ts';
import type { ClusterSpec } from '../../src/model/cluster-spec.ts';

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

export const balancing: fc.Arbitrary<Balancing> = fc.oneof(
  ...(Object.keys(OPTIONS) as LoadBalancerName[]).map((loadBalancer) =>
    OPTIONS[loadBalancer].map(
      (options): Balancing =>
        Object.keys(options).length === 0 ? { loadBalancer } : { loadBalancer, balancing: options },
    ),
  ),
);
