// The data plane of a sidecar in workers: what the process that they belong to does for them.
import type { Cancel } from '../base/clock.ts';
import { shareOf } from '../config/share.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import type { StartWorker } from '../workers/worker-process.ts';
import { AccessLogs } from './access-logs.ts';
import { BufferReclaimer } from './buffer-reclaimer.ts';
import { processStats, SETTLED_MS } from './local-plane.ts';
import { memoryMark, usedMemoryBytes } from './memory-mark.ts';
import type { PlaneParts } from './proxy-app.ts';

export interface WorkersSpec {
  /** ≥ 1. */
  readonly count: number;
  readonly start: StartWorker;
  /** As of WorkerSetup. */
  readonly reusePort: boolean;
}

export function createWorkerPlane({ count, start, reusePort }: WorkersSpec, parts: PlaneParts): WorkerPool {
  const { settings, demand, trouble, home, clock, random, log } = parts;
  const accessLogs = new AccessLogs(clock, log);
  let cancelReclaim: Cancel = () => {};
  return new WorkerPool({
    ...{ count, start, demand, trouble, clock, random, log },
    setup: {
      settings: shareOf(settings, count),
      memoryMarkBytes: Math.floor(memoryMark(settings.overloadMemoryBytes) / count),
      onDemand: demand !== null,
      reusePort,
      ...(home === undefined ? {} : { home }),
    },
    hangMs: settings.workerHangMs,
    primary: {
      usedMemoryBytes,
      writeLines: (path, lines) => accessLogs.writeTo(path, lines),
      stats: processStats(accessLogs),
      settle: () => {
        cancelReclaim = clock.after(SETTLED_MS, () => new BufferReclaimer().reclaimAll());
      },
      close: () => {
        cancelReclaim();
        return accessLogs.close();
      },
    },
  });
}
