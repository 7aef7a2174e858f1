// One container of a pod: its process and its probes, and from both whether it is ready.
import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import type { RestartPolicy } from '../kube/pod.ts';
import { KeptProcess } from './kept-process.ts';
import { type ProbeCheck, Prober, type ProbeTimings } from './prober.ts';
import type { ProcessExit, ProcessHost, ProcessSpec } from './process-host.ts';
import type { RestartBackoffSpec } from './restart-backoff.ts';

export interface ProbeSpec {
  readonly timings: ProbeTimings;
  readonly check: ProbeCheck;
}

export interface ContainerSpec {
  readonly name: string;
  /** Asked before every start: variables and files may have changed. */
  readonly prepare: () => Promise<Result<ProcessSpec>>;
  /** null: ready while it runs. */
  readonly readiness: ProbeSpec | null;
  readonly liveness: ProbeSpec | null;
  /** While it has not passed, the other two are not asked. */
  readonly startup: ProbeSpec | null;
  /** Runs before SIGTERM, within the grace period. */
  readonly preStop: ProbeCheck | null;
  readonly restartPolicy: RestartPolicy;
  readonly restarts: RestartBackoffSpec;
  /** ms between SIGTERM and SIGKILL when a liveness probe fails. */
  readonly graceMs: number;
}

export type ContainerChange =
  | { readonly kind: 'started' | 'ready' }
  | { readonly kind: 'unready'; readonly reason: string }
  | { readonly kind: 'unhealthy'; readonly reason: string }
  | { readonly kind: 'ended'; readonly exit: ProcessExit; readonly restartInMs: number | null };

/** What is left to a container at least when its preStop hook has used the grace period up. Source: the kubelet's minimumGracePeriodInSeconds. */
const AFTER_HOOK_MS = 2_000;

export class ContainerRunner {
  readonly spec: ContainerSpec;
  readonly #clock: Clock;
  readonly #onChange: (change: ContainerChange) => void;
  readonly #process: KeptProcess;
  #probers: Prober[] = [];
  #ready = false;
  #starts = 0;
  #finished: ProcessExit | null = null;

  constructor(spec: ContainerSpec, host: ProcessHost, clock: Clock, onChange: (change: ContainerChange) => void) {
    this.spec = spec;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#process = new KeptProcess({
      host,
      clock,
      restarts: spec.restarts,
      shouldRestart: (exit) => restartsAfter(exit, spec.restartPolicy),
      prepare: spec.prepare,
      onStart: () => this.#started(),
      onEnd: (exit, restartInMs) => this.#ended(exit, restartInMs),
    });
  }

  get isReady(): boolean {
    return this.#ready;
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  get restartCount(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** How it ended for good; null while it runs or will run again. */
  get finished(): ProcessExit | null {
    return this.#finished;
  }

  start(): void {
    this.#process.start();
  }

  retryNow(): void {
    this.#process.retryNow();
  }

  /** Ends it so that it starts again, with what `prepare` says by then. */
  restart(): void {
    this.#process.restart(this.spec.graceMs);
  }

  /** preStop where `runHook`, SIGTERM, and SIGKILL when `graceMs` are over; resolves when it has ended. Who serves on stays ready. */
  async stop(graceMs: number, runHook: boolean): Promise<void> {
    const { preStop } = this.spec;
    if (!runHook || preStop === null || !this.isRunning || graceMs <= 0) return this.#process.stop(graceMs);
    const began = this.#clock.now();
    await preStop(graceMs);
    await this.#process.stop(Math.max(AFTER_HOOK_MS, graceMs - (this.#clock.now() - began)));
  }

  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void> {
    return this.#process.stop(0);
  }

  #started(): void {
    this.#starts += 1;
    this.#onChange({ kind: 'started' });
    const { startup } = this.spec;
    if (startup === null) this.#watchRunning();
    else this.#probe(startup, false, (failure) => (failure === null ? this.#watchRunning() : this.#unhealthy(failure)));
  }

  #watchRunning(): void {
    this.#stopProbers();
    const { readiness, liveness } = this.spec;
    if (liveness !== null) this.#probe(liveness, false, (failure) => failure !== null && this.#unhealthy(failure));
    if (readiness === null) this.#setReady(null);
    else this.#probe(readiness, true, (failure) => this.#setReady(failure));
  }

  #probe({ timings, check }: ProbeSpec, eager: boolean, onChange: (failure: string | null) => void): void {
    const prober = new Prober({ timings, check, eager, clock: this.#clock, onChange });
    this.#probers.push(prober);
    prober.start();
  }

  #setReady(failure: string | null): void {
    this.#ready = failure === null;
    this.#onChange(failure === null ? { kind: 'ready' } : { kind: 'unready', reason: failure });
  }

  #unhealthy(reason: string): void {
    this.#stopProbers();
    this.#ready = false;
    this.#onChange({ kind: 'unhealthy', reason });
    this.#process.restart(this.spec.graceMs);
  }

  #ended(exit: ProcessExit, restartInMs: number | null): void {
    this.#stopProbers();
    this.#ready = false;
    if (restartInMs === null) this.#finished = exit;
    this.#onChange({ kind: 'ended', exit, restartInMs });
  }

  #stopProbers(): void {
    for (const prober of this.#probers.splice(0)) prober.stop();
  }
}

/** Source: API field PodSpec.restartPolicy. What could not even be started is tried again under every policy, as images are. */
function restartsAfter(exit: ProcessExit, policy: RestartPolicy): boolean {
  if (exit.failure !== null || policy === 'Always') return true;
  return policy === 'OnFailure' && exit.code !== 0;
}
