// When an exchange in which nothing moves is ended.
import { TimerWheel } from '../../../../src/base/timer-wheel.ts';
import { StallGuard } from '../../../../src/proxy/exchange/stall-guard.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function setUp(limitMs: number) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const stalls: number[] = [];
  const guard = new StallGuard({ onStalled: () => stalls.push(clock.now()) }, wheel, limitMs);
  return { clock, wheel, stalls, guard };
}

describe('a stall guard', () => {
  it('tells after one to two times the limit without a move', () => {
    const { clock, stalls, guard } = setUp(1_000);
    guard.watch();
    clock.advance(1_900);
    guard.moved = true;
    clock.advance(1_050);
    expect(stalls).toEqual([]);
    clock.advance(200);
    expect(stalls).toHaveLength(1);
  });

  it('tells once, and nothing of exchanges that have ended', () => {
    const { clock, stalls, guard } = setUp(1_000);
    guard.watch();
    guard.rest();
    clock.advance(10_000);
    expect(stalls).toEqual([]);
    guard.watch();
    clock.advance(10_000);
    expect(stalls).toHaveLength(1);
  });

  it('sets no further timer for exchange after exchange', () => {
    const { clock, wheel, stalls, guard } = setUp(1_000);
    for (let exchange = 0; exchange < 100; exchange += 1) {
      guard.watch();
      clock.advance(100);
      guard.rest();
      expect(wheel.size).toBe(1);
    }
    expect(stalls).toEqual([]);
    clock.advance(2_000);
    expect(wheel.size).toBe(0);
  });

  it('never tells where the limit is 0, and sets no timer', () => {
    const { clock, wheel, stalls, guard } = setUp(0);
    guard.watch();
    expect(wheel.size).toBe(0);
    clock.advance(100_000);
    expect(stalls).toEqual([]);
  });

  it.each([
    ['a shorter one', 200, 450],
    ['a longer one', 5_000, 10_100],
  ])('takes %s for one exchange, and its own for the next', (_name, ownMs, withinMs) => {
    const { clock, stalls, guard } = setUp(1_000);
    guard.watch();
    guard.limit(ownMs);
    expect(guard.limitMs).toBe(ownMs);
    clock.advance(ownMs - 50);
    expect(stalls).toEqual([]);
    clock.advance(withinMs);
    expect(stalls).toHaveLength(1);
    guard.rest();
    guard.watch();
    clock.advance(950);
    expect(stalls).toHaveLength(1);
    clock.advance(1_200);
    expect(stalls).toHaveLength(2);
  });

  it('forgets its timer for an exchange without limit, and when it is closed', () => {
    const { clock, wheel, stalls, guard } = setUp(1_000);
    guard.watch();
    guard.limit(0);
    expect(wheel.size).toBe(0);
    clock.advance(100_000);
    guard.rest();
    guard.watch();
    expect(wheel.size).toBe(1);
    guard.close();
    expect(wheel.size).toBe(0);
    expect(stalls).toEqual([]);
  });
});
