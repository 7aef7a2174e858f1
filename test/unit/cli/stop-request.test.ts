// Promises of how a long-running command is told to stop.
import { silentLog } from '../../../src/base/log.ts';
import { StopRequest } from '../../../src/cli/stop-request.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Whether `promise` has been resolved by now. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

describe('StopRequest', () => {
  it('tells who asked first', async () => {
    const stop = new StopRequest(silentLog, new ManualClock());
    expect(await isResolved(stop.asked)).toBe(false);
    stop.ask('SIGTERM');
    stop.ask('SIGINT');
    expect(await stop.asked).toBe('SIGTERM');
  });

  it('takes two signals within 500 ms for one: npm passes on a Ctrl-C that the terminal has sent already', async () => {
    const clock = new ManualClock();
    const stop = new StopRequest(silentLog, clock);
    stop.ask('SIGINT');
    clock.advance(500);
    stop.ask('SIGINT');
    expect(await isResolved(stop.askedAgain)).toBe(false);
    clock.advance(1);
    stop.ask('SIGINT');
    expect(await isResolved(stop.askedAgain)).toBe(true);
  });
});
