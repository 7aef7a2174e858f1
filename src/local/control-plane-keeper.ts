// Keeps the control plane running beside the pods; it speaks with the supervisor through the state folder only.
import type { Clock } from '../base/clock.ts';
import { ok } from '../base/result.ts';
import { type ContainerChange, ContainerRunner } from './container-runner.ts';
import type { ReportEvent } from './events.ts';
import type { LogFiles } from './log-files.ts';
import { tcpCheck } from './probe-check.ts';
import { describeExit, type ProcessHost } from './process-host.ts';
import { OWN_PROGRAM_RESTARTS } from './restart-backoff.ts';
import type { OwnProgram } from './sidecar.ts';
import type { StateFolder } from './state-folder.ts';

export interface ControlPlaneOptions {
  readonly program: OwnProgram;
  /** Of 127.0.0.1. */
  readonly xdsPort: number;
  /** Working directory. */
  readonly folder: string;
  readonly state: StateFolder;
  readonly logs: LogFiles;
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly report: ReportEvent;
  /** It serves, for the first time or again. */
  readonly onReady: () => void;
}

const NAME = 'control-plane';
const GRACE_MS = 5_000;
const READINESS = {
  initialDelaySeconds: 0,
  periodSeconds: 5,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

export class ControlPlaneKeeper {
  readonly #options: ControlPlaneOptions;
  readonly #runner: ContainerRunner;
  #ended = false;

  constructor(options: ControlPlaneOptions) {
    const { program, xdsPort, folder, state, host, clock } = options;
    this.#options = options;
    const logFile = state.ownLogFile(NAME);
    this.#runner = new ContainerRunner(
      {
        name: NAME,
        prepare: async () => ok({ ...program, cwd: folder, logFile, tethered: true, what: 'control plane' }),
        readiness: { timings: READINESS, check: tcpCheck('127.0.0.1', xdsPort, clock) },
        liveness: null,
        startup: null,
        preStop: null,
        restartPolicy: 'Always',
        restarts: OWN_PROGRAM_RESTARTS,
        graceMs: GRACE_MS,
      },
      host,
      clock,
      (change) => this.#changed(change),
    );
  }

  get isReady(): boolean {
    return this.#runner.isReady;
  }

  start(): void {
    this.#options.logs.add(this.#options.state.ownLogFile(NAME));
    this.#runner.start();
  }

  stop(): Promise<void> {
    return this.#runner.stop(GRACE_MS, false);
  }

  kill(): Promise<void> {
    return this.#runner.kill();
  }

  #changed(change: ContainerChange): void {
    const { report, state, onReady } = this.#options;
    if (change.kind === 'ready') {
      if (this.#ended) report({ kind: 'note', text: 'the control plane serves again' });
      onReady();
    }
    if (change.kind !== 'ended' || change.restartInMs === null) return;
    this.#ended = true;
    const how = describeExit(change.exit);
    const logFile = state.ownLogFile(NAME);
    report({ kind: 'program-ended', program: 'the control plane', how, restartInMs: change.restartInMs, logFile });
  }
}
