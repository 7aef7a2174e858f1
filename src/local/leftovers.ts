// Ends what a supervisor that was killed left running.
import { type Clock, sleep } from '../base/clock.ts';
import type { ProcessHost } from './process-host.ts';
import type { ProcessRecord } from './state-folder.ts';

/** Nobody waits for these any more, so they get little time: ms from SIGTERM to SIGKILL. */
const GRACE_MS = 2_000;
const POLL_MS = 20;

/** Only processes whose pid and start time both match are touched. Answers those that were still there, after they have ended. */
export async function endLeftovers(
  records: readonly ProcessRecord[],
  host: ProcessHost,
  clock: Clock,
): Promise<readonly ProcessRecord[]> {
  const found = records.filter((record) => isRunning(record, host));
  for (const record of found) host.signalGroup(record.pid, 'SIGTERM');
  const stubborn = await waitUntilGone(found, GRACE_MS, host, clock);
  for (const record of stubborn) host.signalGroup(record.pid, 'SIGKILL');
  await waitUntilGone(stubborn, GRACE_MS, host, clock);
  return found;
}

async function waitUntilGone(
  records: readonly ProcessRecord[],
  limitMs: number,
  host: ProcessHost,
  clock: Clock,
): Promise<readonly ProcessRecord[]> {
  const deadline = clock.now() + limitMs;
  let running = records.filter((record) => isRunning(record, host));
  while (running.length > 0 && clock.now() < deadline) {
    await sleep(clock, POLL_MS);
    running = running.filter((record) => isRunning(record, host));
  }
  return running;
}

function isRunning(record: ProcessRecord, host: ProcessHost): boolean {
  return host.startTimeOf(record.pid) === record.startTime;
}
