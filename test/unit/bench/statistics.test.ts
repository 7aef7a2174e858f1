// Medians, spreads and ratios of rounds.
import { median, pairedRatio, percentile, spread } from '../../../bench/measure/statistics.ts';

describe('median', () => {
  it('is the middle value, by number', () => {
    expect(median([100, 9, 20])).toBe(20);
  });

  it('is between the two middle values of an even count', () => {
    expect(median([1, 2, 4, 100])).toBe(3);
  });

  it('is not a number for nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('spread', () => {
  it('is half of the range as a share of the median', () => {
    expect(spread([90, 100, 110])).toBeCloseTo(0.1);
  });

  it('is zero for one round', () => {
    expect(spread([42])).toBe(0);
  });
});

describe('pairedRatio', () => {
  it('compares round by round, so that a slow round of the machine does not count', () => {
    expect(pairedRatio([200, 20, 200], [100, 10, 100])).toBe(2);
    expect(pairedRatio([200, 20, 20], [100, 10, 10])).toBe(2);
  });

  it('uses the rounds that both have', () => {
    expect(pairedRatio([30, 60], [10])).toBe(3);
  });
});

describe('percentile', () => {
  it('is the smallest value that is not below the share of all', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(percentile(values, 0.5)).toBe(100);
    expect(percentile(values, 0.99)).toBe(198);
    expect(percentile(values, 1)).toBe(200);
  });

  it('is the smallest of all for nothing of them, the only one for one, and not a number for none', () => {
    expect(percentile([3, 1, 2], 0)).toBe(1);
    expect(percentile([42], 0.99)).toBe(42);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
