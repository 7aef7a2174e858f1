// Where the caller is, and which endpoints are near it.
import type { NearTier } from '../../model/balancing-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';

/** Each '' where it is not known: then nothing is near by it. */
export interface Place {
  readonly zone: string;
  readonly node: string;
}

export const UNKNOWN_PLACE: Place = { zone: '', node: '' };

/** Endpoints that are near by each of `tiers`, in order, none twice; behind them the others. Without tiers that nobody is in. */
export function splitByNearness(
  endpoints: readonly Endpoint[],
  tiers: readonly NearTier[],
  place: Place,
): readonly (readonly Endpoint[])[] {
  let rest = endpoints;
  const split = tiers.map((tier) => {
    const near = rest.filter((endpoint) => isNear(endpoint, tier, place));
    rest = rest.filter((endpoint) => !isNear(endpoint, tier, place));
    return near;
  });
  return [...split, rest].filter((tier) => tier.length > 0);
}

/** Whoever does not know its node cannot keep to it. */
export function onNode(localities: readonly LocalityEndpoints[], place: Place): readonly LocalityEndpoints[] {
  if (place.node === '') return localities;
  return localities.map(({ group, endpoints }) => ({
    group,
    endpoints: endpoints.filter((endpoint) => isNear(endpoint, 'node', place)),
  }));
}

function isNear({ spec, group }: Endpoint, tier: NearTier, { zone, node }: Place): boolean {
  if (tier === 'node') return node !== '' && spec.node === node;
  return zone !== '' && (spec.forZones?.includes(zone) ?? group.locality.zone === zone);
}
