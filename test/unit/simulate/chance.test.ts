// Promises of what is drawn for a request: its own, whatever came before, and spread as it should be.
import { DRAW_FATE, DRAW_LATENCY, draw } from '../../../src/simulate/draws.ts';
import { latencyMs } from '../../../src/simulate/latency.ts';
import { Percentiles } from '../../../src/simulate/percentiles.ts';

const COUNT = 100_000;

describe('a draw', () => {
  it('is the same for the same seed, request, attempt and purpose, and another for any other', () => {
    const one = draw(1, 7, 1, DRAW_FATE);
    expect(draw(1, 7, 1, DRAW_FATE)).toBe(one);
    for (const other of [draw(2, 7, 1, DRAW_FATE), draw(1, 8, 1, DRAW_FATE), draw(1, 7, 2, DRAW_FATE)]) {
      expect(other).not.toBe(one);
    }
    expect(draw(1, 7, 1, DRAW_LATENCY)).not.toBe(one);
  });

  it('is spread evenly over 20 equal parts of [0, 1) (chi-squared of 19 degrees below 43.8, 1 in 1,000)', () => {
    const counts = new Array<number>(20).fill(0);
    for (let request = 0; request < COUNT; request += 1) {
      const part = Math.floor(draw(5, request, 1, DRAW_FATE) * 20);
      counts[part] = (counts[part] ?? 0) + 1;
    }
    const expected = COUNT / 20;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(43.8);
  });

  it('says nothing about the draw for another purpose (correlation below 0.01)', () => {
    let sum = 0;
    for (let request = 0; request < COUNT; request += 1) {
      sum += (draw(5, request, 1, DRAW_FATE) - 0.5) * (draw(5, request, 1, DRAW_LATENCY) - 0.5);
    }
    expect(Math.abs((sum / COUNT) * 12)).toBeLessThan(0.01);
  });
});

describe('a latency', () => {
  it('is at most the median for half of the requests and at most p99 for 99 of 100', () => {
    const spec = { kind: 'log-normal', medianMs: 5, p99Ms: 50 } as const;
    expect(latencyMs(spec, 0.5)).toBeCloseTo(5, 6);
    expect(latencyMs(spec, 0.99)).toBeCloseTo(50, 4);
    expect(latencyMs(spec, 0.01)).toBeCloseTo(0.5, 5);
  });

  it('is finite and grows with what was drawn, up to the very ends', () => {
    const spec = { kind: 'log-normal', medianMs: 5, p99Ms: 50 } as const;
    const taken = [0, 0.02, 0.024, 0.025, 0.3, 0.7, 0.975, 0.976, 0.999_999, 1 - 2 ** -33].map((one) =>
      latencyMs(spec, one),
    );
    expect(taken.every(Number.isFinite)).toBe(true);
    expect([...taken].sort((left, right) => left - right)).toEqual(taken);
  });
});

describe('percentiles', () => {
  it('are at most 2 % above the exact ones, and never above the largest', () => {
    const percentiles = new Percentiles();
    const values = Array.from({ length: 1_000 }, (_, index) => (index + 1) * 0.7);
    for (const value of values) percentiles.record(value);
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      const exact = values[Math.ceil(share * 1_000) - 1] as number;
      expect(percentiles.at(share)).toBeGreaterThanOrEqual(exact - 1e-9);
      expect(percentiles.at(share)).toBeLessThanOrEqual(exact * 1.02 + 1e-9);
    }
    expect(percentiles.max).toBe(700);
  });

  it('of nothing are 0', () => {
    expect(new Percentiles().at(0.99)).toBe(0);
  });
});
