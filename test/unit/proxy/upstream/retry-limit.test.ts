// How many retries may be in work at a time, as circuit breakers say it.
import { seededRandom } from '../../../../src/base/random.ts';
import { ClusterRetries } from '../../../../src/proxy/upstream/cluster-retries.ts';
import { RetryBudget } from '../../../../src/proxy/upstream/retry-budget.ts';
import { RetryLimit } from '../../../../src/proxy/upstream/retry-limit.ts';

function takeAll(limit: RetryLimit): number {
  let taken = 0;
  while (taken < 1_000 && limit.withdraw()) taken += 1;
  return taken;
}

describe('a limit of retries', () => {
  it.each([
    [0, 0],
    [3, 3],
    [7, 7],
  ])('that is the number %d lets %d be in work, whatever else is', (max, retries) => {
    const limit = new RetryLimit({ requestsActive: 500 });
    limit.set({ kind: 'number', max }, 1);
    expect(takeAll(limit)).toBe(retries);
    expect(limit.open).toBe(false);
  });

  it.each([
    [0, 3],
    [15, 3],
    [20, 4],
    [100, 20],
    [101, 21],
  ])('that is a share of 20 % lets, with %d requests in work, %d be retries', (requestsActive, retries) => {
    const limit = new RetryLimit({ requestsActive });
    limit.set({ kind: 'share', percent: 20, minConcurrent: 3 }, 1);
    expect(takeAll(limit)).toBe(retries);
  });

  it('has room again for each retry that has ended', () => {
    const limit = new RetryLimit({ requestsActive: 0 });
    limit.set({ kind: 'number', max: 2 }, 1);
    const random = seededRandom(7);
    let inWork = 0;
    for (let i = 0; i < 1_000; i += 1) {
      if (inWork > 0 && random.next() < 0.5) {
        limit.release();
        inWork -= 1;
      } else if (limit.withdraw()) inWork += 1;
      expect(limit.active).toBe(inWork);
      expect(inWork).toBeLessThanOrEqual(2);
    }
  });

  it('is divided among workers, and is at least one where it is not 0', () => {
    const limit = new RetryLimit({ requestsActive: 0 });
    limit.set({ kind: 'number', max: 8 }, 4);
    expect(takeAll(limit)).toBe(2);
    const small = new RetryLimit({ requestsActive: 0 });
    small.set({ kind: 'number', max: 3 }, 4);
    expect(takeAll(small)).toBe(1);
  });
});

describe('the retries of a cluster', () => {
  it('have the budget of ten seconds where its circuit breakers say nothing of them', () => {
    const retries = new ClusterRetries({ requestsActive: 0 }, {});
    retries.update({ default: { maxConnections: 1 } });
    expect(retries.default).toBeInstanceOf(RetryBudget);
    expect(retries.high).toBe(retries.default);
  });

  it('keep what is in work when their limit changes, each priority by itself', () => {
    const retries = new ClusterRetries({ requestsActive: 0 }, {});
    retries.update({ default: { retries: { kind: 'number', max: 2 } } });
    const before = retries.default as RetryLimit;
    expect(takeAll(before)).toBe(2);
    retries.update({ default: { retries: { kind: 'number', max: 3 } }, high: { retries: { kind: 'number', max: 1 } } });
    expect(retries.default).toBe(before);
    expect(takeAll(before)).toBe(1);
    expect(takeAll(retries.high as RetryLimit)).toBe(1);
    retries.update(undefined);
    expect(retries.default).toBeInstanceOf(RetryBudget);
  });
});
