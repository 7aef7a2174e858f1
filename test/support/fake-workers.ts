// Workers that do what a test says, in place of processes: what they are told is kept, copied as a channel between processes copies it.
import { deserialize, serialize } from 'node:v8';
import type { Issue } from '../../src/base/result.ts';
import type { FromWorker, ToWorker } from '../../src/workers/messages.ts';
import type { PlaneState } from '../../src/workers/plane.ts';
import type { StartWorker, WorkerEvents } from '../../src/workers/worker-process.ts';

export const READY: PlaneState = { ready: true, waitingFor: [], held: [], clusters: 1, activeRequests: 0 };

export class FakeWorker {
  readonly index: number;
  readonly pid: number;
  readonly told: ToWorker[] = [];
  killed = false;
  readonly #events: WorkerEvents;

  constructor(index: number, pid: number, events: WorkerEvents) {
    this.index = index;
    this.pid = pid;
    this.#events = events;
  }

  /** What it was told of a kind, oldest first. */
  of<Kind extends ToWorker['kind']>(kind: Kind): Extract<ToWorker, { kind: Kind }>[] {
    return this.told.filter((message): message is Extract<ToWorker, { kind: Kind }> => message.kind === kind);
  }

  says(message: FromWorker): void {
    this.#events.message(deserialize(serialize(message)));
  }

  /** It has applied all that it was told, the last with `issues`. */
  applies(issues: readonly Issue[] = [], state: PlaneState = READY): void {
    const ids = this.told.flatMap((message) =>
      message.kind === 'begin' || message.kind === 'apply' ? [message.id] : [],
    );
    const last = ids.at(-1);
    for (const id of new Set(ids)) this.says({ kind: 'applied', id, issues: id === last ? issues : [], state });
  }

  ends(how = 'SIGKILL'): void {
    this.#events.ended(how);
  }
}

export class FakeWorkers {
  /** All that were ever started. */
  readonly all: FakeWorker[] = [];

  readonly start: StartWorker = (index, events) => {
    const worker = new FakeWorker(index, 100 + this.all.length, events);
    this.all.push(worker);
    return {
      pid: worker.pid,
      send: (message) => void worker.told.push(deserialize(serialize(message))),
      kill: () => {
        worker.killed = true;
      },
    };
  };

  /** The one that was started last in the place `index`, from 1. */
  at(index: number): FakeWorker {
    const found = this.all.findLast((worker) => worker.index === index);
    if (found === undefined) throw new Error(`no worker ${index} was started`);
    return found;
  }
}
