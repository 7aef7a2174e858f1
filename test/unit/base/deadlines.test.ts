// Named deadlines: never early, at most 100 ms late, on one timer.
import { Deadlines } from '../../../src/base/deadlines.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function fixture() {
  const clock = new ManualClock();
  const due: string[] = [];
  const deadlines = new Deadlines(clock, (names) => due.push(`${clock.now()}: ${names.join(',')}`));
  return { clock, due, deadlines };
}

describe('Deadlines', () => {
  it('tell what has passed, together where it lies within the same 100 ms', () => {
    const { clock, due, deadlines } = fixture();
    deadlines.set('a', 1_010);
    deadlines.set('b', 1_090);
    deadlines.set('c', 1_110);
    clock.advance(1_099);
    expect(due).toEqual([]);
    clock.advance(1_000);
    expect(due).toEqual(['1100: a,b', '1200: c']);
  });

  it('move with a second set, and are forgotten with delete', () => {
    const { clock, due, deadlines } = fixture();
    deadlines.set('a', 1_000);
    deadlines.set('b', 1_000);
    clock.advance(900);
    deadlines.set('a', 1_000);
    deadlines.delete('b');
    clock.advance(2_000);
    expect(due).toEqual(['1900: a']);
  });

  it('may be set again for the same name when it falls due', () => {
    const clock = new ManualClock();
    let rounds = 0;
    const deadlines: Deadlines = new Deadlines(clock, () => {
      rounds += 1;
      deadlines.set('again', 100);
    });
    deadlines.set('again', 100);
    clock.advance(1_000);
    expect(rounds).toBe(10);
    deadlines.clear();
    expect([deadlines.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('hold one timer for 10,000 names, and none when there is no name', () => {
    const { clock, deadlines } = fixture();
    for (let i = 0; i < 10_000; i += 1) deadlines.set(String(i), 1_000 + i);
    expect(clock.pendingTimers).toBe(1);
    for (let i = 0; i < 10_000; i += 1) deadlines.delete(String(i));
    expect(clock.pendingTimers).toBe(0);
  });
});
