// Keeps one program running: starts it, starts it again with back-off when it ends, and stops it within a grace period.
import type { Cancel, Clock } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import { type Result, renderIssue } from '../base/result.ts';
import type { ProcessExit, ProcessHost, ProcessSpec, RunningProcess } from './process-host.ts';
import { RestartBackoff, type RestartBackoffSpec } from './restart-backoff.ts';

export interface KeptProcessOptions {
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly restarts: RestartBackoffSpec;
  /** Whether it shall run again after this end. */
  readonly shouldRestart: (exit: ProcessExit) => boolean;
  /** Asked before every start; issues count as a start that failed. Never rejects. */
  readonly prepare: () => Promise<Result<ProcessSpec>>;
  readonly onStart: () => void;
  /** `restartInMs` is null when it stays down: by `shouldRestart`, or because `stop` was called. */
  readonly onEnd: (exit: ProcessExit, restartInMs: number | null) => void;
}

export class KeptProcess {
  readonly #options: KeptProcessOptions;
  readonly #backoff: RestartBackoff;
  readonly #waiters: (() => void)[] = [];
  #process: RunningProcess | null = null;
  #cancelRestart: Cancel | null = null;
  #cancelKill: Cancel = () => {};
  #preparing = false;
  #stopping = false;

  constructor(options: KeptProcessOptions) {
    this.#options = options;
    this.#backoff = new RestartBackoff(options.restarts, options.clock);
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  start(): void {
    if (this.#stopping || this.#preparing || this.#process !== null) return;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    this.#preparing = true;
    void this.#options.prepare().then((spec) => {
      this.#preparing = false;
      if (!this.#stopping) this.#launch(spec);
    });
  }

  /** Starts now what waits for its next try; does nothing otherwise. */
  retryNow(): void {
    if (this.#cancelRestart !== null) this.start();
  }

  /** Ends it so that it starts again: SIGTERM, and SIGKILL after `graceMs`. */
  restart(graceMs: number): void {
    this.#terminate(graceMs);
  }

  /** SIGTERM, and SIGKILL after `graceMs` (0 = at once); resolves when it has ended. A second call may shorten the grace. */
  stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    if (this.#process === null) return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#waiters.push(resolve));
    this.#terminate(graceMs);
    return ended;
  }

  #terminate(graceMs: number): void {
    const child = this.#process;
    this.#cancelKill();
    if (graceMs <= 0) child?.signal('SIGKILL');
    else if (child !== null) {
      child.signal('SIGTERM');
      this.#cancelKill = this.#options.clock.after(graceMs, () => child.signal('SIGKILL'));
    }
  }

  #launch(spec: Result<ProcessSpec>): void {
    this.#backoff.started();
    if (!spec.ok) {
      this.#failed(spec.issues.map(renderIssue).join('; '));
      return;
    }
    try {
      this.#process = this.#options.host.spawn(spec.value, (exit) => this.#ended(exit));
    } catch (error) {
      this.#failed(messageOf(error));
      return;
    }
    if (this.#process.pid !== null) this.#options.onStart();
  }

  #failed(failure: string): void {
    this.#ended({ code: null, signal: null, failure });
  }

  #ended(exit: ProcessExit): void {
    this.#process = null;
    this.#cancelKill();
    const again = !this.#stopping && this.#options.shouldRestart(exit);
    const delayMs = again ? this.#backoff.nextDelayMs() : null;
    if (delayMs !== null) this.#cancelRestart = this.#options.clock.after(delayMs, () => this.start());
    this.#options.onEnd(exit, delayMs);
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
