// The seam to the operating system's processes: what the local mesh asks of it, and nothing else.

export interface ProcessSpec {
  /** Program and arguments; the program is looked for on the PATH of `env`. Never empty. */
  readonly command: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Receives stdout and stderr, appended; null = thrown away. */
  readonly logFile: string | null;
  /**
   * True: its stdin is a pipe that nobody writes to and that ends when the supervisor is gone, however it went; the program ends itself
   * then. False: no stdin, and the process outlives the supervisor until the next one ends it.
   */
  readonly tethered: boolean;
  /** For people and for the next supervisor: `pod default/my-api-x7f2k, container app`. */
  readonly what: string;
}

/** The file descriptor of that pipe. */
export const TETHER_FD = 0;

export interface ProcessExit {
  /** null when a signal ended it or when it never ran. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not be started (`ENOENT …`); null when it ran. */
  readonly failure: string | null;
}

export type StopSignal = 'SIGTERM' | 'SIGKILL';

export interface RunningProcess {
  /** Also the id of its process group; null when it could not be started (`onExit` tells why). */
  readonly pid: number | null;
  /** Opaque text that tells two processes with one pid apart; null where the system doesn't say. */
  readonly startTime: string | null;
  /** To the whole group. Does nothing when it is gone. */
  signal(name: StopSignal): void;
}

export interface ProcessHost {
  /** Starts a process in a group and session of its own. `onExit` is called once, never before `spawn` has returned. */
  spawn(spec: ProcessSpec, onExit: (exit: ProcessExit) => void): RunningProcess;
  /** The start time of a running process as `RunningProcess.startTime` tells it; null when there is none. */
  startTimeOf(pid: number): string | null;
  /** Signals a group that an earlier supervisor left behind. */
  signalGroup(pid: number, name: StopSignal): void;
}

/** `exited with code 1`, `was ended by SIGKILL`, `could not be started: …`. */
export function describeExit(exit: ProcessExit): string {
  if (exit.failure !== null) return `could not be started: ${exit.failure}`;
  return exit.signal === null ? `exited with code ${exit.code ?? 0}` : `was ended by ${exit.signal}`;
}
