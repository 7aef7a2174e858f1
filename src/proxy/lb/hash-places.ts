// What consistent hashing needs of a ring or a table: many places, each owned by an endpoint.
import type { Word64 } from '../../base/word64.ts';
import type { HashingSpec } from '../../model/balancing-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { HashKey, HashKeys } from './hash-key.ts';

/** Does not change once it is built. */
export interface HashPlaces {
  /** For each place the index of its endpoint. At least one. */
  readonly owners: ArrayLike<number>;
  /** What it takes. */
  readonly bytes: number;
  /** The place of a hash. */
  find(hash: Word64): number;
}

/** An endpoint and its share of the places; the shares add up to 1. */
export interface Placed {
  readonly key: HashKey;
  readonly share: number;
}

/** As Envoy names and weighs endpoints. */
export function placedOf(
  endpoints: readonly Endpoint[],
  { byHostname }: HashingSpec,
  keys: HashKeys,
  shares?: readonly number[],
): readonly Placed[] {
  const sum = endpoints.reduce((total, { spec }) => total + spec.weight, 0);
  return endpoints.map((endpoint, index) => {
    const { hashKey, hostname, weight } = endpoint.spec;
    const key = keys.of(hashKey || (byHostname && hostname) || endpoint.address);
    return { key, share: shares?.[index] ?? weight / sum };
  });
}
