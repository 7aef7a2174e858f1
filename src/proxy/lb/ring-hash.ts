// Ring hash: equal requests to the same endpoint, by a ring that endpoints have places on.
import { DEFAULT_HASHING, DEFAULT_RING_HASH } from '../../model/balancing-spec.ts';
import { placedOf } from './hash-places.ts';
import { HashRing } from './hash-ring.ts';
import { HashingPicker } from './hashing-picker.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { NO_ENDPOINTS } from './no-endpoints.ts';
import { PlacesMemo } from './places-memo.ts';

export const ringHash: LoadBalancer = {
  name: 'ring-hash',
  needsHash: true,
  createPicker: (endpoints, context, shares) => {
    if (endpoints.length === 0) return NO_ENDPOINTS;
    const { hashing = DEFAULT_HASHING, ringHash = DEFAULT_RING_HASH } = context.spec;
    const { places: memo = new PlacesMemo() } = context;
    const placed = placedOf(endpoints, hashing, memo.keys, shares);
    const { minRingSize, maxRingSize, hashFunction } = ringHash;
    const recipe = `ring ${minRingSize} ${maxRingSize} ${hashFunction}`;
    const ring = memo.places(recipe, placed, () => new HashRing(placed, ringHash));
    return new HashingPicker(endpoints, placed, ring, context);
  },
};
