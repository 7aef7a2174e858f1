// The timer wheel: never early, at most a tick late, whatever is set, moved and cancelled meanwhile.
import fc from 'fast-check';
import type { Clock } from '../../../src/base/clock.ts';
import { type TimerOwner, TimerWheel, WHEEL_TICK_MS, WheelTimer } from '../../../src/base/timer-wheel.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Longer than the wheel goes around once (512 ticks). */
const LONG_MS = 60_000;

function scene() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const fired: [name: string, atMs: number][] = [];
  const timer = (name: string, then: (timer: WheelTimer) => void = () => {}): WheelTimer =>
    new WheelTimer({
      onTimer: (due) => {
        fired.push([name, clock.now()]);
        then(due);
      },
    });
  return { clock, wheel, fired, timer };
}

describe('a timer', () => {
  it.each([1, 49, 50, 51, 1_000, 25_600, 25_601, LONG_MS])('set to %d ms fires once, within a tick', (delayMs) => {
    const { clock, wheel, fired, timer } = scene();
    clock.advance(7);
    wheel.set(timer('t'), delayMs);
    clock.advance(3 * LONG_MS);
    expect(fired).toEqual([['t', expect.any(Number)]]);
    expect(fired[0]?.[1]).toBeGreaterThanOrEqual(7 + delayMs);
    expect(fired[0]?.[1]).toBeLessThanOrEqual(7 + delayMs + WHEEL_TICK_MS);
  });

  it('that is set again moves, and counts once', () => {
    const { clock, wheel, fired, timer } = scene();
    const moved = timer('t');
    wheel.set(moved, 100);
    wheel.set(moved, 1_000);
    expect([wheel.size, moved.isSet]).toEqual([1, true]);
    clock.advance(900);
    expect(fired).toEqual([]);
    clock.advance(150);
    expect([fired.length, wheel.size, moved.isSet]).toEqual([1, 0, false]);
  });

  it('that is cancelled, once or twice, never fires', () => {
    const { clock, wheel, fired, timer } = scene();
    const gone = timer('t');
    wheel.cancel(gone);
    wheel.set(gone, 100);
    wheel.cancel(gone);
    wheel.cancel(gone);
    clock.advance(LONG_MS);
    expect([fired.length, wheel.size]).toEqual([0, 0]);
  });

  it('may set itself again while it fires, for the next tick at the earliest', () => {
    const { clock, wheel, fired, timer } = scene();
    wheel.set(
      timer('t', (due) => fired.length < 3 && wheel.set(due, 1)),
      1,
    );
    clock.advance(1_000);
    expect(fired.map(([, atMs]) => atMs)).toEqual([50, 100, 150]);
  });

  it('may cancel and set others of the same tick while it fires', () => {
    const { clock, wheel, fired, timer } = scene();
    const [second, third] = [timer('second'), timer('third')];
    wheel.set(
      timer('first', () => {
        wheel.cancel(second);
        wheel.set(third, 200);
      }),
      10,
    );
    wheel.set(second, 10);
    wheel.set(third, 10);
    clock.advance(1_000);
    expect(fired).toEqual([
      ['first', 50],
      ['third', 250],
    ]);
  });
});

describe('the wheel', () => {
  it('does not turn while nothing waits on it', () => {
    const { clock, wheel, timer } = scene();
    expect(clock.pendingTimers).toBe(0);
    wheel.set(timer('t'), 100);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(200);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops when it is closed', () => {
    const { clock, wheel, fired, timer } = scene();
    wheel.set(timer('t'), 100);
    wheel.close();
    clock.advance(1_000);
    expect([fired.length, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('fires what a stalled process missed as soon as it goes on', () => {
    const fired: number[] = [];
    const owner: TimerOwner = { onTimer: () => fired.push(now) };
    let now = 0;
    let tick = (): void => {};
    const clock: Clock = {
      now: () => now,
      wallNow: () => now,
      after: () => () => {},
      every(_periodMs, run) {
        tick = run;
        return () => {};
      },
    };
    const wheel = new TimerWheel(clock);
    for (const delayMs of [100, 30_000]) wheel.set(new WheelTimer(owner), delayMs);
    now = 90_000;
    tick();
    expect(fired).toEqual([90_000, 90_000]);
  });

  it('holds all that for any sequence of setting, moving, cancelling and waiting', () => {
    const delay = fc.integer({ min: 1, max: LONG_MS });
    const which = fc.integer({ min: 0, max: 9 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), which, ms: delay }),
      fc.record({ kind: fc.constant('cancel' as const), which, ms: fc.constant(0) }),
      fc.record({ kind: fc.constant('wait' as const), which, ms: fc.integer({ min: 0, max: 5_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new ManualClock();
        const wheel = new TimerWheel(clock);
        const due = new Map<number, number>();
        const timers = Array.from(
          { length: 10 },
          (_, index) =>
            new WheelTimer({
              onTimer: () => {
                const lateMs = clock.now() - (due.get(index) ?? Number.NaN);
                expect(lateMs).toBeGreaterThanOrEqual(0);
                expect(lateMs).toBeLessThanOrEqual(WHEEL_TICK_MS);
                due.delete(index);
              },
            }),
        );
        for (const { kind, which: index, ms } of steps) {
          const timer = timers[index] as WheelTimer;
          if (kind === 'wait') clock.advance(ms);
          else if (kind === 'cancel') {
            wheel.cancel(timer);
            due.delete(index);
          } else {
            due.set(index, clock.now() + ms);
            wheel.set(timer, ms);
          }
          expect(wheel.size).toBe(due.size);
        }
        clock.advance(LONG_MS + WHEEL_TICK_MS);
        expect([due.size, wheel.size, clock.pendingTimers]).toEqual([0, 0, 0]);
      }),
    );
  });
});
