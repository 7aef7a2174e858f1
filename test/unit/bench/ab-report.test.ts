// What `bench ab` says of two builds.
import { compare, type Pair, renderComparisons, renderVerdict } from '../../../bench/report/ab-report.ts';
import type { Sample } from '../../../bench/report/proxies-report.ts';

function sample(cpuUsPerRequest: number, allocatedBytesPerRequest = 2_000): Sample {
  const rest = {
    requestsPerSecond: 1e6 / cpuUsPerRequest,
    cpuShare: 1,
    othersShare: 0,
    p50Us: 1,
    p999Us: 9000,
    bytesPerSecond: 1e6,
    p99Us: 2,
    rssBytes: 1,
  };
  return { cpuUsPerRequest, allocatedBytesPerRequest, ...rest, errors: 0 };
}

/** Ten rounds, some of them on a machine that is busy with other things: both sides suffer. */
function pair(factor: number): Pair {
  const base = [20, 21, 60, 20, 22, 40, 21, 20, 20.5, 21];
  return {
    before: base.map((cpu) => sample(cpu)),
    after: base.map((cpu, round) => sample(cpu * factor * (round % 2 === 0 ? 1.001 : 0.999), 2_500)),
  };
}

describe('compare', () => {
  it('takes the ratio round by round, with the interval that holds it', () => {
    const [cpu, allocated, rate] = compare([pair(1.1), pair(1.1), pair(1.1)], 1);
    expect(cpu?.ratio).toBeCloseTo(1.1, 2);
    expect(cpu?.interval.low).toBeGreaterThan(1.09);
    expect(cpu?.interval.high).toBeLessThan(1.11);
    expect(allocated).toMatchObject({ after: 2_500, before: 2_000, ratio: 1.25, interval: { low: 1.25, high: 1.25 } });
    expect(rate?.ratio).toBeCloseTo(1 / 1.1, 2);
  });

  it('gives the same for the same seed', () => {
    expect(compare([pair(1.02), pair(0.98)], 5)).toEqual(compare([pair(1.02), pair(0.98)], 5));
  });
});

describe('renderVerdict', () => {
  const cpuOf = (...factors: number[]) => {
    const [cpu] = compare(factors.map(pair), 1);
    if (cpu === undefined) throw new Error('nothing is compared');
    return renderVerdict(cpu);
  };

  it('says more, less, or that no difference shows and how large it may be', () => {
    expect(cpuOf(1.1, 1.1)).toMatch(/^CPU per request: MORE than before, \+9\.9 % to \+10\.1 %$/);
    expect(cpuOf(0.9, 0.9)).toMatch(/^CPU per request: less than before, -10\.1 % to -9\.9 %$/);
    expect(cpuOf(0.97, 1, 1.03)).toMatch(
      /no difference shown; what there may be is within -[23]\.\d % to \+[23]\.\d %$/,
    );
  });

  it('says so when nothing was measured', () => {
    expect(cpuOf()).toBe('CPU per request: nothing was measured');
  });
});

describe('renderComparisons', () => {
  it('prints both sides, the ratio and the interval', () => {
    const lines = renderComparisons(compare([pair(1), pair(1)], 1)).split('\n');
    expect(lines[0]?.split(/ {2,}/)).toEqual(['measure', 'after', 'before', 'after ÷ before', '95 %']);
    expect(lines[2]?.split(/ {2,}/)).toEqual(['bytes allocated/request', '2500', '2000', '1.250', '1.250 to 1.250']);
  });
});
