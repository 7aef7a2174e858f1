// How sure the figure of a few noisy rounds is.
import { bootstrapMedian } from '../../../bench/measure/bootstrap.ts';
import { seededRandom } from '../../../src/base/random.ts';

/** Rounds that differ by ±5 % of `center`. */
function rounds(count: number, center: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => center * (0.95 + random.next() / 10));
}

describe('bootstrapMedian', () => {
  it('gives the same interval for the same seed, and another one for another', () => {
    const groups = [rounds(30, 1, 1), rounds(30, 1, 2)];
    const interval = (seed: number) => bootstrapMedian(groups, seededRandom(seed), { resamples: 100 });
    expect(interval(7)).toEqual(interval(7));
    expect(interval(8)).not.toEqual(interval(7));
  });

  it('holds the true median in 95 of 100 experiments, give or take 5', () => {
    const holds = Array.from({ length: 100 }, (_, seed) => {
      const { low, high } = bootstrapMedian([rounds(30, 1, seed)], seededRandom(seed), { resamples: 300 });
      return low <= 1 && 1 <= high;
    });
    const share = holds.filter(Boolean).length / holds.length;
    expect(share).toBeGreaterThanOrEqual(0.9);
    expect(share).toBeLessThanOrEqual(1);
  });

  it('does not hold 1 where every round is 10 % above it', () => {
    const { low, high } = bootstrapMedian([rounds(30, 1.1, 3)], seededRandom(1));
    expect(low).toBeGreaterThan(1.05);
    expect(high).toBeLessThan(1.15);
  });

  it('takes rounds of one start for one proof: starts that differ widen it, however many rounds each has', () => {
    const starts = [rounds(50, 0.9, 1), rounds(50, 1, 2), rounds(50, 1.1, 3)];
    const [together, apart] = [
      bootstrapMedian([starts.flat()], seededRandom(1)),
      bootstrapMedian(starts, seededRandom(1)),
    ];
    expect(apart.high - apart.low).toBeGreaterThan(2 * (together.high - together.low));
  });

  it('is the value itself where all are equal, and not a number for nothing', () => {
    expect(bootstrapMedian([[2, 2], [2]], seededRandom(1))).toEqual({ low: 2, high: 2 });
    expect(bootstrapMedian([[], []], seededRandom(1))).toEqual({ low: Number.NaN, high: Number.NaN });
  });
});
