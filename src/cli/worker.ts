// A worker of `switchboard proxy --concurrency N`: no command, since only the primary starts it.
import { runWorker } from '../app/run-worker.ts';
import { systemClock } from '../base/clock.ts';
import { createLog } from '../base/log.ts';

/** Resolves when it has ended in order. Null: this process was not started by a primary. `err` as of Cli. */
export function runWorkerCommand(err: (text: string) => void): Promise<void> | null {
  return runWorker(({ settings, index }) => {
    const { logLevel: level, logFormat: format } = settings;
    return createLog({ clock: systemClock, level, format, sink: (line) => err(`${line}\n`) }, { worker: index });
  });
}
