// Composition root of a worker: a data plane that is told by its primary what to do.
import { fstatSync, statSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { noOriginalDestination, type OriginalDestination } from '../proxy/listener/original-destination.ts';
import { DEFAULT_RETRY_BUDGET, type RetryBudgetSpec } from '../proxy/upstream/retry-budget.ts';
import type { FromWorker, ReportKind, WorkerReports, WorkerSetup } from '../workers/messages.ts';
import { recordStats } from '../workers/stat-record.ts';
import { WorkerLink, type WorkerLinkOptions, type WorkerPlane } from '../workers/worker-link.ts';
import type { OpenSink } from './access-logs.ts';
import { LineSink } from './line-sink.ts';
import { LocalPlane } from './local-plane.ts';
import { usedMemoryBytes } from './memory-mark.ts';
import { PrimaryLines } from './primary-lines.ts';

export interface WorkerAppOptions {
  /** Never waits; `sent` is called when the message has left this process. */
  readonly send: (message: FromWorker, sent?: () => void) => void;
  readonly createLog: (setup: WorkerSetup) => Log;
  readonly onEnd: () => void;
}

export function createWorker({ send, createLog, onEnd }: WorkerAppOptions): WorkerLink {
  const createPlane: WorkerLinkOptions['createPlane'] = async (setup, demand, primary, siblings) => {
    // Whatever is written to a file in one piece stays whole there. Through a pipe pieces of several writers would be mixed: one writes.
    const openSink: OpenSink = (path, target) =>
      isFile(target) ? new LineSink(target, systemClock) : new PrimaryLines(path, systemClock, send);
    const originalDestination =
      setup.settings.interception === 'none' ? noOriginalDestination : await redirectedDestination();
    const plane = new LocalPlane({
      originalDestination,
      ...{
        settings: setup.settings,
        demand,
        clock: systemClock,
        random: systemRandom,
        log: createLog(setup),
        openSink,
      },
      memoryMarkBytes: setup.memoryMarkBytes,
      usedMemoryBytes: () => usedMemoryBytes() + primary.usedBytes / setup.count,
      isCurrent: () => primary.isCurrent,
      workerCount: setup.count,
      retryBudget: shareOfBudget(DEFAULT_RETRY_BUDGET, setup.count),
      dialled: setup.dialled,
      ...(setup.home === undefined ? {} : { home: setup.home }),
      reusePort: setup.reusePort,
      share: 1 / setup.count,
      onClientHome: (home) => siblings.tell(home),
    });
    return workerPlane(plane, setup);
  };
  return new WorkerLink({ clock: systemClock, send, createPlane, onEnd });
}

/** Loaded only where it is needed: it calls the C library. */
async function redirectedDestination(): Promise<OriginalDestination> {
  const { openRedirectedDestination } = await import('./redirected-destination.ts');
  return openRedirectedDestination();
}

/** What is always allowed is a share too; but one retry in the window stays one, or a worker with few requests could never retry. */
const LEAST_PER_SECOND = 0.1;

function shareOfBudget({ ratio, minPerSecond }: RetryBudgetSpec, count: number): RetryBudgetSpec {
  return { ratio, minPerSecond: Math.max(LEAST_PER_SECOND, minPerSecond / count) };
}

function workerPlane(plane: LocalPlane, setup: WorkerSetup): WorkerPlane {
  const reports: { readonly [Kind in ReportKind]: () => WorkerReports[Kind] } = {
    stats: () => recordStats(plane.stats()),
    clusters: () => plane.clusters(),
    listeners: () => plane.listeners(),
  };
  return {
    start: (first) => plane.start(first, setup.accessLogs),
    apply: (changes) => plane.apply(changes),
    state: () => plane.state(),
    report: (at) => reports[at](),
    learnClients: (homes) => plane.dataPlane.learnClients(homes),
    clientHomes: () => plane.dataPlane.clientHomes(),
    noteProblem: () => plane.noteProblem(),
    drain: () => plane.drain(),
    stopAccepting: () => plane.dataPlane.stopAccepting(),
    settle: () => plane.settle(),
    close: () => plane.close(),
  };
}

function isFile(target: string | number): boolean {
  try {
    return (typeof target === 'number' ? fstatSync(target) : statSync(target)).isFile();
  } catch {
    // One that is not there yet will be a file.
    return typeof target === 'string';
  }
}
