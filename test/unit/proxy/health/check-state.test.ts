// Promises of what answers to health checks mean, and when the next one is due.
import { seededRandom } from '../../../../src/base/random.ts';
import type { HealthCheckSpec } from '../../../../src/model/health-check-spec.ts';
import { CheckState } from '../../../../src/proxy/health/check-state.ts';
import type { CheckOutcome } from '../../../../src/proxy/health/probe.ts';

const SPEC: HealthCheckSpec = {
  timeoutMs: 1_000,
  intervalMs: 10_000,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  check: { kind: 'tcp' },
};
const random = seededRandom(1);

/** Health after each, as letters: h and u. */
function courseOf(outcomes: readonly CheckOutcome[], spec = SPEC): string {
  const state = new CheckState();
  const letterAfter = (outcome: CheckOutcome): string => {
    state.note(outcome, spec);
    return state.healthy ? 'h' : 'u';
  };
  return outcomes.map(letterAfter).join('');
}

describe('the state of an endpoint', () => {
  it('is healthy with its first success, whatever the threshold', () => {
    expect(courseOf(['passed'])).toBe('h');
  });

  it('is unhealthy after 3 failures in a row, and no fewer', () => {
    expect(courseOf(['passed', 'unreachable', 'unreachable', 'unreachable'])).toBe('hhhu');
    expect(courseOf(['passed', 'unreachable', 'unreachable', 'passed', 'unreachable', 'retriable'])).toBe('hhhhhh');
  });

  it('is unhealthy at once where it says so itself', () => {
    expect(courseOf(['passed', 'failed'])).toBe('hu');
  });

  it('is healthy again after 2 successes in a row', () => {
    expect(courseOf(['passed', 'failed', 'passed', 'passed'])).toBe('huuh');
    expect(courseOf(['passed', 'failed', 'passed', 'retriable', 'passed', 'passed'])).toBe('huuuuh');
    expect(courseOf(['unreachable', 'passed', 'passed'])).toBe('uuh');
  });
});

describe('the next check', () => {
  const times: HealthCheckSpec = {
    ...SPEC,
    unhealthyIntervalMs: 20_000,
    unhealthyEdgeIntervalMs: 3_000,
    healthyEdgeIntervalMs: 4_000,
    noTrafficIntervalMs: 50_000,
    noTrafficHealthyIntervalMs: 70_000,
  };
  /** After the last of them. */
  const due = (outcomes: readonly CheckOutcome[], spec = times, called = true): number => {
    const state = new CheckState();
    const last = outcomes.map((outcome) => state.note(outcome, spec)).at(-1) ?? 'none';
    return state.delayMs(last, called, spec, random);
  };

  it('of a healthy endpoint comes after interval, of an unhealthy one after unhealthy_interval', () => {
    expect(due(['passed'])).toBe(10_000);
    expect(due(['passed', 'failed', 'failed'])).toBe(20_000);
    expect(due(['passed', 'failed'], SPEC)).toBe(10_000);
  });

  it('comes sooner where the threshold is not reached yet', () => {
    expect(due(['passed', 'unreachable'])).toBe(3_000);
    expect(due(['passed', 'failed', 'passed'])).toBe(4_000);
    expect(due(['passed', 'unreachable'], { ...SPEC, unhealthyIntervalMs: 20_000 })).toBe(20_000);
  });

  it('of a cluster that was never called comes after no_traffic_interval, 60 s where nothing is said', () => {
    expect(due(['passed'], times, false)).toBe(70_000);
    expect(due(['failed'], times, false)).toBe(50_000);
    expect(due(['passed'], SPEC, false)).toBe(60_000);
  });

  it('comes by chance up to its jitters later', () => {
    const spec = { ...SPEC, intervalJitterMs: 100, intervalJitterPercent: 10 };
    const seen = Array.from({ length: 200 }, () => due(['passed'], spec));
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...seen)).toBeLessThan(11_100);
    expect(new Set(seen).size).toBeGreaterThan(100);
  });
});
