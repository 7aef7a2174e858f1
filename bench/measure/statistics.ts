// Medians and spreads of a handful of rounds.

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Half of the way from the smallest to the largest, as a share of the median: 0.05 prints as ±5 %. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}

/**
 * The median of the quotients of one round each: what the machine did to a whole round cancels out, which a quotient of
 * two medians would keep. Both lists are by round; NaN when one is empty.
 */
export function pairedRatio(values: readonly number[], reference: readonly number[]): number {
  const rounds = Math.min(values.length, reference.length);
  return median(values.slice(0, rounds).map((value, round) => value / (reference[round] ?? Number.NaN)));
}

/** Differences of one round each; both lists are by round. */
export function pairedDifferences(values: readonly number[], reference: readonly number[]): readonly number[] {
  const rounds = Math.min(values.length, reference.length);
  return values.slice(0, rounds).map((value, round) => value - (reference[round] ?? Number.NaN));
}

/** The smallest value that is not below `share` (0 to 1) of all: nearest rank. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
