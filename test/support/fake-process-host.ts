// Processes that exist only in a test: it sees what was started and signalled, and says when they end.
import type {
  ProcessExit,
  ProcessHost,
  ProcessSpec,
  RunningProcess,
  StopSignal,
} from '../../src/local/process-host.ts';

export class FakeProcess implements RunningProcess {
  readonly pid: number;
  readonly startTime: string;
  readonly spec: ProcessSpec;
  readonly signals: StopSignal[] = [];
  /** False: it ignores SIGTERM. */
  obeys = true;
  #onExit: ((exit: ProcessExit) => void) | null;

  constructor(pid: number, spec: ProcessSpec, onExit: (exit: ProcessExit) => void) {
    this.pid = pid;
    this.startTime = `start-${pid}`;
    this.spec = spec;
    this.#onExit = onExit;
  }

  get isRunning(): boolean {
    return this.#onExit !== null;
  }

  signal(name: StopSignal): void {
    if (!this.isRunning) return;
    this.signals.push(name);
    if (name === 'SIGKILL') this.end({ code: null, signal: 'SIGKILL', failure: null });
    else if (this.obeys) this.exit(0);
  }

  exit(code: number): void {
    this.end({ code, signal: null, failure: null });
  }

  end(exit: ProcessExit): void {
    const onExit = this.#onExit;
    this.#onExit = null;
    onExit?.(exit);
  }
}

export class FakeProcessHost implements ProcessHost {
  readonly started: FakeProcess[] = [];
  readonly groupSignals: (readonly [number, StopSignal])[] = [];

  get running(): readonly FakeProcess[] {
    return this.started.filter((child) => child.isRunning);
  }

  spawn(spec: ProcessSpec, onExit: (exit: ProcessExit) => void): FakeProcess {
    const child = new FakeProcess(this.started.length + 100, spec, onExit);
    this.started.push(child);
    return child;
  }

  startTimeOf(pid: number): string | null {
    return this.running.find((child) => child.pid === pid)?.startTime ?? null;
  }

  signalGroup(pid: number, name: StopSignal): void {
    this.groupSignals.push([pid, name]);
    this.running.find((child) => child.pid === pid)?.signal(name);
  }
}
