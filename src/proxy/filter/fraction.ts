// By chance, or never, or always: whether something happens to a request.
import { type Random, randomBelow } from '../../base/random.ts';
import type { FractionSpec } from '../../model/fraction-spec.ts';

/** The same number of draws whatever the share is, but for none of all and all of all, which need none. */
export function isChosen({ numerator, denominator }: FractionSpec, random: Random): boolean {
  if (numerator === 0) return false;
  return numerator >= denominator || randomBelow(random, denominator) < numerator;
}
