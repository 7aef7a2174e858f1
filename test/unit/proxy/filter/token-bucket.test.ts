// Promises of a bucket of tokens: how many at once, how many in a time, and how long to wait for the next.
import { TokenBucket } from '../../../../src/proxy/filter/token-bucket.ts';

const SPEC = { maxTokens: 3, tokensPerFill: 2, fillIntervalMs: 1_000 };

function takes(bucket: TokenBucket, nowMs: number, count: number): number {
  let taken = 0;
  for (let i = 0; i < count; i += 1) if (bucket.take(nowMs)) taken += 1;
  return taken;
}

describe('a bucket of tokens', () => {
  it('gives 3 at once, then 2 a second, evenly, and holds no more than 3', () => {
    const bucket = new TokenBucket(SPEC, 1, 0);
    expect(takes(bucket, 0, 10)).toBe(3);
    expect(bucket.waitMs).toBe(500);
    expect([takes(bucket, 499, 1), bucket.left]).toEqual([0, 0]);
    expect([takes(bucket, 500, 2), takes(bucket, 1_000, 2)]).toEqual([1, 1]);
    expect(takes(bucket, 100_000, 10)).toBe(3);
  });

  it('gives in a minute what it holds and what comes, to the token', () => {
    const bucket = new TokenBucket(SPEC, 1, 0);
    let taken = 0;
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 7) taken += takes(bucket, nowMs, 1);
    expect(taken).toBe(3 + Math.floor((2 * 59_997) / 1_000));
  });

  it('says how long it is to the next one', () => {
    const bucket = new TokenBucket(SPEC, 1, 0);
    expect([bucket.take(0), bucket.left, bucket.waitMs]).toEqual([true, 2, 0]);
    takes(bucket, 0, 2);
    bucket.take(125);
    expect(bucket.waitMs).toBeCloseTo(375);
  });

  it('is one of four: a quarter of the rate, and room for one at least', () => {
    const quarter = new TokenBucket(SPEC, 1 / 4, 0);
    expect(takes(quarter, 0, 10)).toBe(1);
    expect(quarter.waitMs).toBe(2_000);
    const wide = new TokenBucket({ ...SPEC, maxTokens: 100 }, 1 / 4, 0);
    expect(takes(wide, 0, 100)).toBe(25);
  });
});
