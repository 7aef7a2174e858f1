// Load balancing as configuration: the algorithm among the endpoints of a cluster, and what it is told.

import type { SubsetsSpec } from './subset-spec.ts';

/** Rows of the load balancer table, as annotations name them (contract.md), and `pick-first`. */
export const LOAD_BALANCER_NAMES = [
  'round-robin',
  'least-request',
  'peak-ewma',
  'random',
  'ring-hash',
  'maglev',
  'pick-first',
] as const;
export type LoadBalancerName = (typeof LOAD_BALANCER_NAMES)[number];

/** Those that send equal requests to the same endpoint. */
export const HASHING_LOAD_BALANCERS: readonly LoadBalancerName[] = ['ring-hash', 'maglev'];

/** What a cluster says of its balancing beyond the name of the algorithm. What is absent is as Envoy has it. */
export interface BalancingSpec {
  readonly leastRequest?: LeastRequestSpec;
  readonly ringHash?: RingHashSpec;
  readonly maglev?: MaglevSpec;
  /** Of `ring-hash` and `maglev`. */
  readonly hashing?: HashingSpec;
  readonly pickFirst?: PickFirstSpec;
  /** Percent of healthy endpoints below which all of them get requests, 0 … 100; 0 = never. */
  readonly panicThreshold?: number;
  readonly locality?: LocalityBalancingSpec;
  /** Absent = new endpoints get their whole share at once. */
  readonly slowStart?: SlowStartSpec;
  /** Absent = routes cannot ask for a part of the endpoints. */
  readonly subsets?: SubsetsSpec;
}

/**
 * An endpoint that is new, or healthy again, gets of its share what (age ÷ window) to the power of (1 ÷ aggression) comes to, and at least the
 * minimum. Source: envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig.
 */
export interface SlowStartSpec {
  /** ms (> 0). */
  readonly windowMs: number;
  /** > 0; 1 = evenly growing, more = quickly at first. */
  readonly aggression: number;
  /** 0 … 100. */
  readonly minWeightPercent: number;
}

export const DEFAULT_SLOW_START = { aggression: 1, minWeightPercent: 10 };

/** Source: envoy.config.cluster.v3.Cluster.CommonLbConfig.healthy_panic_threshold. */
export const DEFAULT_PANIC_THRESHOLD = 50;

/** `weighted`: localities share by their weights, whatever the number of their endpoints. */
export type LocalityBalancingSpec = { readonly kind: 'weighted' } | NearestSpec | ZoneAwareSpec;

/**
 * Requests stay in the caller's zone as far as each endpoint still gets the same, where the sidecar knows its own cluster (HomeSpec). Not of
 * algorithms that hash. Source: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig.
 */
export interface ZoneAwareSpec {
  readonly kind: 'zone-aware';
  /** Of the requests, 0 … 100; the others go to any zone. */
  readonly percent: number;
  /** With fewer healthy ones zones do not count, ≥ 0. */
  readonly minEndpoints: number;
  /** Nobody gets requests in panic, instead of everybody. */
  readonly failInPanic?: true;
  /** Zones are as large as the weight of their healthy endpoints, not their number. */
  readonly byWeight?: true;
  /** All requests stay in the caller's zone while that has so many healthy endpoints, ≥ 1; absent = as zones have room. */
  readonly forceLocalFrom?: number;
}

/** What holds too where a cluster says nothing of localities. */
export const DEFAULT_ZONE_AWARE: ZoneAwareSpec = { kind: 'zone-aware', percent: 100, minEndpoints: 6 };

/** Endpoints near the caller go before others, tier by tier, as long as there are any with room. */
export interface NearestSpec {
  readonly kind: 'nearest';
  /** The nearest first; not empty. */
  readonly tiers: readonly NearTier[];
  /** None but those on the caller's node get requests, and if there is none, nobody does. */
  readonly onlyNode?: true;
}

/** `zone`: the endpoint's own, or those that it is meant for (EndpointSpec.forZones). */
export const NEAR_TIERS = ['node', 'zone'] as const;
export type NearTier = (typeof NEAR_TIERS)[number];

/** Source: envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest. */
export interface LeastRequestSpec {
  /** Endpoints that are compared for a request, ≥ 2. */
  readonly choiceCount: number;
  /** Where weights differ an endpoint counts as weight ÷ (active requests + 1) to the power of this, ≥ 0. */
  readonly activeRequestBias: number;
  /** All endpoints are compared. */
  readonly fullScan: boolean;
}

export const DEFAULT_LEAST_REQUEST: LeastRequestSpec = { choiceCount: 2, activeRequestBias: 1, fullScan: false };

/** Source: envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash. */
export interface RingHashSpec {
  /** Places on the ring, at least and at most: 1 … 8,388,608. */
  readonly minRingSize: number;
  readonly maxRingSize: number;
  /** How endpoints are placed; keys are always hashed with xxHash64. */
  readonly hashFunction: 'xx-hash' | 'murmur-hash-2';
}

export const MAX_RING_SIZE = 8_388_608;
export const DEFAULT_RING_HASH: RingHashSpec = {
  minRingSize: 1_024,
  maxRingSize: MAX_RING_SIZE,
  hashFunction: 'xx-hash',
};

/** Source: envoy.extensions.load_balancing_policies.maglev.v3.Maglev. */
export interface MaglevSpec {
  /** A prime, at most 5,000,011. */
  readonly tableSize: number;
}

export const MAX_MAGLEV_TABLE_SIZE = 5_000_011;
export const DEFAULT_MAGLEV: MaglevSpec = { tableSize: 65_537 };

/** Source: envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig. */
export interface HashingSpec {
  /** Endpoints are placed by `hostname`, where they have one, instead of their address. */
  readonly byHostname: boolean;
  /** An endpoint gets at most so many percent (≥ 100) of the average of requests in work; 0 = without bound. */
  readonly balanceFactor: number;
}

export const DEFAULT_HASHING: HashingSpec = { byHostname: false, balanceFactor: 0 };

/** Source: envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst. */
export interface PickFirstSpec {
  /** Each sidecar has an order of its own, instead of the given one. */
  readonly shuffle: boolean;
}
