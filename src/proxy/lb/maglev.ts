// Maglev: equal requests to the same endpoint, by a table in which each endpoint owns as many places as its weight says.
import { DEFAULT_HASHING, DEFAULT_MAGLEV } from '../../model/balancing-spec.ts';
import { placedOf } from './hash-places.ts';
import { HashingPicker } from './hashing-picker.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { MaglevTable } from './maglev-table.ts';
import { NO_ENDPOINTS } from './no-endpoints.ts';
import { PlacesMemo } from './places-memo.ts';

export const maglev: LoadBalancer = {
  name: 'maglev',
  needsHash: true,
  createPicker: (endpoints, context, shares) => {
    if (endpoints.length === 0) return NO_ENDPOINTS;
    const { hashing = DEFAULT_HASHING, maglev = DEFAULT_MAGLEV } = context.spec;
    const { places: memo = new PlacesMemo() } = context;
    const placed = placedOf(endpoints, hashing, memo.keys, shares);
    const { tableSize } = maglev;
    const table = memo.places(`maglev ${tableSize}`, placed, () => new MaglevTable(placed, tableSize));
    return new HashingPicker(endpoints, placed, table, context);
  },
};
