// TrafficPolicy's loadBalancer as the specs of a cluster.
import type { LoadBalancerSection } from '../../kube/traffic-policy/load-balancer-section.ts';
import {
  type BalancingSpec,
  DEFAULT_HASHING,
  DEFAULT_LEAST_REQUEST,
  DEFAULT_MAGLEV,
  DEFAULT_RING_HASH,
  DEFAULT_SLOW_START,
  DEFAULT_ZONE_AWARE,
  type NearestSpec,
  type SlowStartSpec,
  type ZoneAwareSpec,
} from '../../model/balancing-spec.ts';
import { msOf } from './duration-ms.ts';

type Locality = NonNullable<LoadBalancerSection['locality']>;

/** `any`: near endpoints are no better than others. */
export const LOCALITY_SPECS: Readonly<Record<Exclude<Locality, 'zone-aware'>, NearestSpec | null>> = {
  any: null,
  'prefer-same-zone': { kind: 'nearest', tiers: ['zone'] },
  'prefer-same-node': { kind: 'nearest', tiers: ['node', 'zone'] },
  'only-same-node': { kind: 'nearest', tiers: ['node'], onlyNode: true },
};

export function localityOf(
  locality: Locality,
  options: LoadBalancerSection['zoneAware'],
): NearestSpec | ZoneAwareSpec | null {
  if (locality !== 'zone-aware') return LOCALITY_SPECS[locality];
  const { percentage, minimumHosts, failInPanic } = options ?? {};
  return {
    ...DEFAULT_ZONE_AWARE,
    ...(percentage === undefined ? {} : { percent: percentage }),
    ...(minimumHosts === undefined ? {} : { minEndpoints: minimumHosts }),
    ...(failInPanic === true ? { failInPanic } : {}),
  };
}

/** All but the locality; undefined where everything is as it would be anyway. */
export function balancingOf(section: LoadBalancerSection): BalancingSpec | undefined {
  const { leastRequest, ringHash, maglev, hashBalanceFactor, slowStart, panicThreshold } = section;
  const balancing: BalancingSpec = {
    ...(leastRequest === undefined ? {} : { leastRequest: { ...DEFAULT_LEAST_REQUEST, ...leastRequest } }),
    ...(ringHash === undefined ? {} : { ringHash: ringHashOf(ringHash) }),
    ...(maglev === undefined ? {} : { maglev: { ...DEFAULT_MAGLEV, ...maglev } }),
    ...(hashBalanceFactor === undefined ? {} : { hashing: { ...DEFAULT_HASHING, balanceFactor: hashBalanceFactor } }),
    ...(slowStart === undefined ? {} : { slowStart: slowStartOf(slowStart) }),
    ...(panicThreshold === undefined ? {} : { panicThreshold }),
  };
  return Object.keys(balancing).length === 0 ? undefined : balancing;
}

/** One bound that the other's default contradicts goes before it. */
function ringHashOf(section: NonNullable<LoadBalancerSection['ringHash']>): NonNullable<BalancingSpec['ringHash']> {
  const { minimumRingSize, maximumRingSize, hashFunction = DEFAULT_RING_HASH.hashFunction } = section;
  const maxRingSize = maximumRingSize ?? DEFAULT_RING_HASH.maxRingSize;
  const minRingSize = minimumRingSize ?? Math.min(DEFAULT_RING_HASH.minRingSize, maxRingSize);
  return { minRingSize, maxRingSize, hashFunction };
}

function slowStartOf(section: NonNullable<LoadBalancerSection['slowStart']>): SlowStartSpec {
  const { window, aggression, minimumWeightPercent } = section;
  return {
    windowMs: msOf(window),
    aggression: aggression ?? DEFAULT_SLOW_START.aggression,
    minWeightPercent: minimumWeightPercent ?? DEFAULT_SLOW_START.minWeightPercent,
  };
}
