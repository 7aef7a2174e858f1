// A worker as a process: the channel to its primary, and what becomes of it when that is gone.
import cluster from 'node:cluster';
import type { Log } from '../base/log.ts';
import type { WorkerSetup } from '../workers/messages.ts';
import { createWorker } from './worker-app.ts';

/** The primary hears of these too, and says what happens then. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Resolves when it has ended in order. Null: this process was not started by a primary. */
export function runWorker(createLog: (setup: WorkerSetup) => Log): Promise<void> | null {
  const { worker } = cluster;
  if (worker === undefined) return null;
  for (const signal of SIGNALS) process.on(signal, () => {});
  return new Promise((resolve) => {
    const link = createWorker({ send, createLog, onEnd: resolve });
    process.on('message', (message) => link.receive(message as Parameters<typeof link.receive>[0]));
    worker.on('disconnect', () => {
      // Else Node.js would end this process at once, and the requests in work with it.
      worker.exitedAfterDisconnect = true;
      link.onOrphaned();
    });
  });
}

function send(message: object, sent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => sent());
  else sent();
}
