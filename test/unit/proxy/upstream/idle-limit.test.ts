// For how long an idle connection may be used again, by what its endpoint has shown.
import { IdleLimit } from '../../../../src/proxy/upstream/idle-limit.ts';

const CONFIGURED = 4_000;

/** Ages up to which a connection may carry a request that can be sent again, and one that must not be lost. */
function ages(limit: IdleLimit, nowMs = 1_000): [number, number] {
  return [limit.repeatableMs(nowMs), limit.onceMs(nowMs)];
}

describe('the idle limit of an endpoint', () => {
  it('that has shown nothing is the configured one, and 250 ms for what must not be lost', () => {
    expect(ages(new IdleLimit(CONFIGURED))).toEqual([4_000, 250]);
    expect(ages(new IdleLimit(100))).toEqual([100, 100]);
  });

  it.each([
    ['timeout=5', 4_000],
    ['timeout=2, max=100', 1_600],
    ['max=100,timeout = "1"', 800],
    ['Timeout=60', 4_000],
    ['timeout=0', 0],
  ])('that says %s is four fifths of that for both', (value, ageMs) => {
    const limit = new IdleLimit(CONFIGURED);
    limit.announce(value);
    expect(ages(limit)).toEqual([ageMs, ageMs]);
  });

  it.each(['', 'max=5', 'timeout=', 'timeout=-5', 'timeout=x', 'mytimeout=1', 'timeout=12345678'])(
    'that says "%s" has said nothing',
    (value) => {
      const limit = new IdleLimit(CONFIGURED);
      limit.announce(value);
      expect(ages(limit)).toEqual([4_000, 250]);
    },
  );

  it('that has closed one is four fifths of the least age at which it did', () => {
    const limit = new IdleLimit(CONFIGURED);
    limit.noteClosed(1_000, 500);
    limit.noteClosed(300, 600);
    limit.noteClosed(2_000, 700);
    expect(ages(limit)).toEqual([240, 240]);
  });

  it('is forgotten after five minutes without such a close, but not what it has said', () => {
    const limit = new IdleLimit(CONFIGURED);
    limit.noteClosed(300, 1_000);
    expect(ages(limit, 301_000)).toEqual([240, 240]);
    expect(ages(limit, 301_001)).toEqual([4_000, 250]);
    limit.announce('timeout=2');
    expect(ages(limit, 900_000)).toEqual([1_600, 1_600]);
  });

  it('that has closed one just behind an answer still takes for 100 ms what can be sent again, and nothing else', () => {
    const limit = new IdleLimit(CONFIGURED);
    limit.noteClosed(2, 500);
    expect(ages(limit)).toEqual([100, 1.6]);
    limit.announce('timeout=0');
    expect(ages(limit)).toEqual([0, 0]);
  });

  it('is forgotten when one serves beyond it', () => {
    const limit = new IdleLimit(CONFIGURED);
    limit.noteClosed(2, 500);
    limit.noteServed(2);
    expect(ages(limit)).toEqual([100, 1.6]);
    limit.noteServed(3);
    expect(ages(limit)).toEqual([4_000, 250]);
  });

  it('is proven by what was served, until one closes sooner', () => {
    const limit = new IdleLimit(CONFIGURED);
    limit.noteServed(3_000);
    limit.noteServed(10);
    expect(ages(limit)).toEqual([4_000, 3_000]);
    limit.noteClosed(2_000, 1_000);
    expect(ages(limit)).toEqual([1_600, 1_600]);
    expect(ages(limit, 400_000)).toEqual([4_000, 250]);
  });
});
