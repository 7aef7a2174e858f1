// How sure a figure of a few noisy rounds is: the bootstrap, in two levels.
import { type Random, randomBelow } from '../../src/base/random.ts';
import { median } from './statistics.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The percentile interval that holds `confidence` (0 to 1) of the medians of resampled rounds. `groups` are rounds that share what chance
 * gave them (one start of the processes: its memory layout, what V8 compiled): groups are drawn first, then rounds within each, or rounds
 * that are alike would pass for so many proofs. Source: Davison and Hinkley, Bootstrap Methods and their Application, 3.8. NaN of nothing.
 */
export function bootstrapMedian(
  groups: readonly (readonly number[])[],
  random: Random,
  { confidence = 0.95, resamples = 10_000 } = {},
): Interval {
  const filled = groups.filter((group) => group.length > 0);
  if (filled.length === 0) return { low: Number.NaN, high: Number.NaN };
  const medians = Float64Array.from({ length: resamples }, () =>
    median(draw(filled, random).flatMap((group) => draw(group, random))),
  ).sort();
  const tail = (1 - confidence) / 2;
  const at = (share: number): number => medians[Math.min(resamples - 1, Math.floor(share * resamples))] ?? Number.NaN;
  return { low: at(tail), high: at(1 - tail) };
}

/** As many as there are, each any of them. */
function draw<T>(values: readonly T[], random: Random): T[] {
  const drawn: T[] = [];
  for (let left = values.length; left > 0; left -= 1) {
    const value = values[randomBelow(random, values.length)];
    if (value !== undefined) drawn.push(value);
  }
  return drawn;
}
