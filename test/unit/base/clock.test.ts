// The system's clock where its timers have a limit.
import { systemClock } from '../../../src/base/clock.ts';
import { turns } from '../../support/until.ts';

describe('the system clock', () => {
  it('does not run a timer at once that is set for longer than 24 days', async () => {
    const YEAR_MS = 365 * 24 * 3_600_000;
    let runs = 0;
    const cancels = [
      systemClock.after(YEAR_MS, () => {
        runs += 1;
      }),
      systemClock.every(YEAR_MS, () => {
        runs += 1;
      }),
    ];
    const since = performance.now();
    while (performance.now() - since < 20) await turns(1);
    for (const cancel of cancels) cancel();
    expect(runs).toBe(0);
  });
});
