// How load is shared among priorities: the tables of Envoy's documentation, to the percent.
import fc from 'fast-check';
import { type PriorityCounts, type PriorityRules, shareLoad } from '../../../../src/proxy/balance/priority-load.ts';

const RULES: PriorityRules = { overprovisioningFactor: 140, panicThreshold: 0 };

/** Priorities of 100 endpoints, so many of them healthy (and degraded, behind a `+`). */
function levels(text: string): PriorityCounts[] {
  return text.split(' ').map((level) => {
    const [healthy = 0, degraded = 0] = level.split('+').map(Number);
    return { healthy, degraded, total: 100, all: 100 };
  });
}

/** Percent for each priority; `+` before what degraded endpoints get, `!` behind a panic. */
function shares(counts: readonly PriorityCounts[], rules: Partial<PriorityRules> = {}): string {
  const loads = shareLoad(counts, { ...RULES, ...rules });
  return loads
    .map(({ healthy, degraded, panic }) => `${healthy}${degraded > 0 ? `+${degraded}` : ''}${panic ? '!' : ''}`)
    .join(' ');
}

describe('the load of priorities', () => {
  it.each([
    ['100 100', '100 0'],
    ['72 100', '100 0'],
    ['71 100', '99 1'],
    ['50 100', '70 30'],
    ['25 100', '35 65'],
    ['0 100', '0 100'],
    ['25 25', '50 50'],
    ['72 72 100', '100 0 0'],
    ['71 71 100', '99 1 0'],
    ['50 50 100', '70 30 0'],
    ['25 100 100', '35 65 0'],
    ['25 25 100', '35 35 30'],
    ['25 25 20', '37 35 28'],
  ])('where %s %% are healthy is %s', (healthy, expected) => {
    expect(shares(levels(healthy))).toBe(expected);
  });

  it.each([
    ['0+100', '0+100'],
    ['50+50', '70+30'],
    ['25+25 100', '35 65'],
    ['5+65', '8+92'],
    ['0+0 5+65', '0 8+92'],
    ['50+50 20+0', '70+2 28'],
  ])('where %s %% are healthy and degraded is %s', (counts, expected) => {
    expect(shares(levels(counts))).toBe(expected);
  });

  it('does not count endpoints that drain: one healthy one beside nine that go takes it all', () => {
    expect(shares([{ healthy: 1, degraded: 0, total: 1, all: 10 }], { panicThreshold: 50 })).toBe('100');
  });

  it('scales down where even all together cannot take it, and leaves rounding to the first priority', () => {
    // 14 + 28 + 14 of healthy ones and 28 + 14 of degraded ones are 98.
    expect(shares(levels('10+20 20+10 10'))).toBe('16+28 28+14 14');
  });

  it('follows the factor: with 100 a loss is felt at once, with 200 half may go', () => {
    expect(shares(levels('99 100'), { overprovisioningFactor: 100 })).toBe('99 1');
    expect(shares(levels('50 100'), { overprovisioningFactor: 200 })).toBe('100 0');
  });

  it('is nothing where nobody is healthy and there is no panic', () => {
    expect(shares(levels('0 0'))).toBe('0 0');
    expect(shares([])).toBe('');
    expect(shares([{ healthy: 0, degraded: 0, total: 0, all: 0 }])).toBe('0');
  });
});

describe('panic', () => {
  it.each([
    ['72 72', '100 0'],
    ['71 71', '99 1'],
    ['50 60', '70 30'],
    ['25 100', '35 65'],
    ['25 25', '50! 50!'],
    ['5 65', '8! 92'],
    ['0 0', '50! 50!'],
    ['49', '100!'],
    ['50', '100'],
    ['20+40', '34+66'],
    ['20+20', '100!'],
  ])('below 50 %%: %s %% healthy comes to %s', (healthy, expected) => {
    expect(shares(levels(healthy), { panicThreshold: 50 })).toBe(expected);
  });

  it('shares by the number of endpoints where every priority panics', () => {
    const counts = [
      { healthy: 0, degraded: 0, total: 0, all: 1 },
      { healthy: 0, degraded: 0, total: 0, all: 0 },
      { healthy: 0, degraded: 0, total: 2, all: 2 },
    ];
    expect(shares(counts, { panicThreshold: 50 })).toBe('34! 0! 66!');
  });

  it('always shares all of the load, or none where nobody could take it', () => {
    const level = fc
      .record({ healthy: fc.nat(20), degraded: fc.nat(20), sick: fc.nat(20), draining: fc.nat(20) })
      .map(({ healthy, degraded, sick, draining }) => {
        const total = healthy + degraded + sick;
        return { healthy, degraded, total, all: total + draining };
      });
    const rules = fc.record({
      overprovisioningFactor: fc.integer({ min: 1, max: 300 }),
      panicThreshold: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(level, { maxLength: 5 }), rules, (counts, given) => {
        const loads = shareLoad(counts, given);
        const all = loads.reduce((sum, { healthy, degraded }) => sum + healthy + degraded, 0);
        const anybody = counts.some(({ healthy, degraded }) => healthy + degraded > 0);
        const total = counts.reduce((sum, one) => sum + one.all, 0);
        const able = given.panicThreshold > 0 ? total > 0 : anybody;
        // A factor so small that it rounds every availability to 0 leaves nobody, too.
        expect([0, 100]).toContain(all);
        if (!able) expect(all).toBe(0);
        for (const { healthy, degraded } of loads) expect(Math.min(healthy, degraded)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
