// The seam to the processes that workers run in: the system's, or scripted ones.
import type { FromWorker, ToWorker } from './messages.ts';

export interface WorkerProcess {
  /** Null: it could not be started, and `ended` will tell why. */
  readonly pid: number | null;
  /** Messages arrive in order; none is lost but with the process. Does nothing when that has ended. */
  send(message: ToWorker): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** Called once, after the last message. `how` for people: `exit code 1`, `SIGKILL`. */
  ended(how: string): void;
}

/** `index`: of WorkerSetup. Does not call the events before it returns. */
export type StartWorker = (index: number, events: WorkerEvents) => WorkerProcess;
