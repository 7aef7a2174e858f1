// The retry budget against the plain sum that it keeps.
import fc from 'fast-check';
import { DEFAULT_RETRY_BUDGET, RetryBudget } from '../../../../src/proxy/upstream/retry-budget.ts';

/** How many retries in a row are allowed at `nowMs`. */
function left(budget: RetryBudget, nowMs: number): number {
  let count = 0;
  while (count < 10_000 && budget.withdraw(nowMs)) count += 1;
  return count;
}

function behind(requests: number, nowMs: number, spec = DEFAULT_RETRY_BUDGET): RetryBudget {
  const budget = new RetryBudget(spec);
  for (let i = 0; i < requests; i += 1) budget.deposit(nowMs);
  return budget;
}

describe('the retry budget', () => {
  it.each([
    [0, 10],
    [4, 10],
    [5, 11],
    [100, 30],
    [1_000, 210],
  ])('lets %d requests within a second have %d retries', (requests, retries) => {
    expect(left(behind(requests, 500), 900)).toBe(retries);
  });

  it.each([
    [{ ratio: 1, minPerSecond: 0 }, 10],
    [{ ratio: 0, minPerSecond: 3 }, 30],
    [{ ratio: 0, minPerSecond: 0 }, 0],
  ])('follows %j: 10 requests have %d', (spec, retries) => {
    expect(left(behind(10, 0, spec), 0)).toBe(retries);
  });

  it('forgets requests and retries after 10 s', () => {
    const budget = behind(100, 500);
    expect(left(budget, 600)).toBe(30);
    expect(left(budget, 9_999)).toBe(0);
    expect(left(budget, 10_000)).toBe(10);
    expect(left(budget, 1e9)).toBe(10);
  });

  it('counts a request that began seconds ago, and waited for its routes since, as one of now', () => {
    const budget = behind(0, 0);
    expect(left(budget, 5_100)).toBe(10);
    budget.deposit(4_900);
    expect(left(budget, 5_200)).toBe(0);
    expect(left(budget, 6_000)).toBe(0);
  });

  it('allows, in any order of events, no more than a share of the requests of the last 10 s and the trickle', () => {
    const event = fc.record({
      retry: fc.boolean(),
      waitMs: fc.integer({ min: 0, max: 4_000 }),
      times: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const budget = new RetryBudget(DEFAULT_RETRY_BUDGET);
        const past: [second: number, amount: number][] = [];
        let nowMs = 0;
        for (const { retry, waitMs, times } of events) {
          nowMs += waitMs;
          const second = Math.floor(nowMs / 1_000);
          for (let i = 0; i < times; i += 1) {
            const balance = past.reduce((sum, [at, amount]) => (second - at < 10 ? sum + amount : sum), 10);
            if (!retry) {
              budget.deposit(nowMs);
              past.push([second, 0.2]);
            } else if (Math.abs(balance - 1) > 1e-6) {
              const allowed = budget.withdraw(nowMs);
              expect(allowed).toBe(balance > 1);
              if (allowed) past.push([second, -1]);
            }
          }
        }
      }),
    );
  });
});
