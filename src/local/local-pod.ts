// One running pod: its containers and sidecar, from the first start to the last file.
import { sleep } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import { errorIssue } from '../base/result.ts';
import type { TemplateMeta } from '../kube/meta.ts';
import type { PodPhase } from '../kube/pod.ts';
import type { ContainerChange, ContainerRunner } from './container-runner.ts';
import type { PodChange, PodRow, PodState } from './events.ts';
import type { PlannedPod, StopReason } from './plan.ts';
import { createContainers } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { type PodFacts, podId } from './pod-facts.ts';
import type { ContainerObservation } from './pod-object.ts';
import { PodPublisher } from './pod-publisher.ts';
import { PodTroubles } from './pod-troubles.ts';
import { writeVolumes } from './pod-volumes.ts';
import { describeExit } from './process-host.ts';
import { SIDECAR_NAME, Sidecar } from './sidecar.ts';
import type { Workload } from './workload.ts';

/** Between "terminating" in the state folder and SIGTERM, ms: control plane and sidecars hear of it before the pod stops listening. */
export const SPREAD_MS = 300;

export interface LocalPodOptions {
  readonly facts: PodFacts;
  readonly workload: Workload;
  /** Of a StatefulSet's pod, else null. */
  readonly ordinal: number | null;
  /** Creation order. */
  readonly sequence: number;
  /** A further address for its sidecar, or null. */
  readonly frontDoor: string | null;
  readonly context: PodContext;
  /** Something that plans depend on has changed. */
  readonly onChange: () => void;
}

export class LocalPod {
  readonly workload: Workload;
  readonly ip: string;
  readonly sidecar: Sidecar | null;
  readonly #options: LocalPodOptions;
  readonly #context: PodContext;
  readonly #containers: readonly ContainerRunner[];
  readonly #publisher: PodPublisher;
  readonly #troubles: PodTroubles;
  #facts: PodFacts;
  #metadataHash: string;
  #reason = 'its containers are not started yet';
  #told: PodState = 'starting';
  #gone = false;

  constructor(options: LocalPodOptions) {
    const { facts, workload, context, frontDoor } = options;
    this.#options = options;
    this.#context = context;
    this.#facts = facts;
    this.workload = workload;
    this.ip = facts.ip;
    this.#metadataHash = workload.metadataHash;
    const owner = workload.kind === 'Pod' ? null : { kind: workload.kind, name: workload.name };
    this.#publisher = new PodPublisher(context.clock, context.state, owner);
    this.#troubles = new PodTroubles(facts, workload, context, () => this.row());
    this.#containers = this.#createContainers();
    this.sidecar = facts.injected ? this.#createSidecar(frontDoor) : null;
    context.state.addPod(facts.namespace, facts.name);
    for (const name of this.#names()) context.logs.add(context.state.podLogFile(facts.namespace, facts.name, name));
  }

  get id(): string {
    return podId(this.#facts);
  }

  get isTerminating(): boolean {
    return this.#publisher.isTerminating;
  }

  /** Nothing of it is left. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Ready, or ended for good: nothing is to be waited for. */
  get isSettled(): boolean {
    return !this.isTerminating && (this.#publisher.isReady || this.#isFinished());
  }

  get notReadyReason(): string {
    return this.#reason;
  }

  /** As plan.ts sees it: ready there means for the workload's `minReadySeconds`. */
  planned(): PlannedPod {
    const { ordinal, sequence } = this.#options;
    const { key: workload, templateHash, minReadyMs } = this.workload;
    const ready = this.#publisher.isReady && this.#publisher.readyForMs >= minReadyMs;
    const metadataHash = this.#metadataHash;
    return {
      id: this.id,
      workload,
      templateHash,
      metadataHash,
      ordinal,
      ready,
      terminating: this.isTerminating,
      sequence,
    };
  }

  row(): PodRow {
    const { namespace, name, ip, spec } = this.#facts;
    const ports = spec.containers.flatMap((container) => container.ports).filter(({ protocol }) => protocol === 'TCP');
    return {
      namespace,
      name,
      address: ip,
      ports: ports.map(({ containerPort }) => containerPort),
      state: this.#state(),
      restarts: this.#containers.reduce((sum, container) => sum + container.restartCount, 0),
      outbound: this.sidecar?.outboundAddresses ?? [],
    };
  }

  /** Resolves when its containers have been told to start, which its sidecar may delay. */
  async start(): Promise<void> {
    this.#publish();
    this.#tell({ kind: 'starting' });
    this.sidecar?.runner.start();
    await this.sidecar?.waitUntilReady();
    if (!this.isTerminating) for (const container of this.#containers) container.start();
  }

  /** New labels and annotations of a bare Pod: nothing is restarted. */
  relabel({ labels, annotations }: TemplateMeta, metadataHash: string): void {
    this.#facts = { ...this.#facts, labels, annotations };
    this.#metadataHash = metadataHash;
    this.#publish();
  }

  /** Brings the files of ConfigMaps up to date and starts what waited for one. */
  configMapsChanged(): void {
    if (this.isTerminating) return;
    writeVolumes(this.#facts, this.#context.configMapsOf(this.#facts.namespace), this.#context.state);
    for (const container of this.#containers) container.retryNow();
  }

  /**
   * Says that it is terminating, waits for that to spread, then preStop, SIGTERM, and SIGKILL after its grace period; the sidecar goes
   * last. At a shutdown nobody is left who needs to know: it neither waits nor runs hooks.
   */
  async stop(reason: StopReason | 'shutdown'): Promise<void> {
    if (this.isTerminating) return;
    this.#publisher.markTerminating();
    this.#publish();
    this.#tell({ kind: 'stopping', reason });
    const graceMs = this.#facts.spec.terminationGracePeriodSeconds * 1_000;
    const isShutdown = reason === 'shutdown';
    if (!isShutdown) await sleep(this.#context.clock, SPREAD_MS);
    await Promise.all(this.#containers.map((container) => container.stop(graceMs, !isShutdown)));
    await this.sidecar?.stop();
    this.#end();
  }

  /** SIGKILL for everything; a running `stop` then ends by itself. */
  async kill(): Promise<void> {
    await Promise.all([...this.#containers.map((container) => container.kill()), this.sidecar?.runner.kill()]);
  }

  #end(): void {
    const { state, logs } = this.#context;
    const { namespace, name } = this.#facts;
    this.#gone = true;
    this.#troubles.clear();
    for (const container of this.#names()) logs.remove(state.podLogFile(namespace, name, container));
    state.removePod(namespace, name);
    this.#tell({ kind: 'gone' });
    this.#options.onChange();
  }

  #createContainers(): readonly ContainerRunner[] {
    return createContainers({
      facts: () => this.#facts,
      workload: this.workload,
      context: this.#context,
      onChange: (index, name, change) => {
        if (change.kind === 'started') this.#troubles.started(index, name);
        if (change.kind === 'ready') void this.#troubles.ready(index);
        this.#changed(name, change);
      },
      onBlocked: (index, name, issues) => this.#troubles.blocked(index, name, issues),
    });
  }

  #createSidecar(frontDoor: string | null): Sidecar {
    const { machine, launchSidecar, host, clock, state } = this.#context;
    const onChange = (change: ContainerChange): void => this.#changed(SIDECAR_NAME, change);
    const parts = { pod: this.#facts, launch: launchSidecar, host, clock, state, folder: machine.folder, onChange };
    return new Sidecar(parts, frontDoor);
  }

  #changed(name: string, change: ContainerChange): void {
    switch (change.kind) {
      case 'started':
        this.#reason = `container ${name} is starting`;
        break;
      case 'unready':
        this.#reason = change.reason;
        break;
      case 'unhealthy':
        this.#reason = change.reason;
        this.#troubles.unhealthy(name, change);
        break;
      case 'ended':
        this.#reason = `container ${name} ${describeExit(change.exit)}`;
        if (!this.isTerminating) this.#troubles.ended(name, change);
        if (this.#isFinished()) void this.sidecar?.stop();
        break;
    }
    this.#refresh(change.kind === 'ended');
  }

  /** Writes the file, tells a change of state once (an end has been told already), and lets the plan be made again. */
  #refresh(endTold: boolean): void {
    if (this.#gone) return;
    this.#publish();
    const state = this.#state();
    if (state !== this.#told && !this.isTerminating) {
      if (state === 'ready') this.#tell({ kind: 'ready' });
      else if (state === 'finished') this.#tell({ kind: 'finished', succeeded: this.#phase() === 'Succeeded' });
      else if (state === 'not ready' && !endTold) this.#tell({ kind: 'not ready', reason: this.#reason });
      this.#told = state;
    }
    this.#options.onChange();
  }

  #publish(): void {
    const ready = this.#isReady();
    const sight = {
      phase: this.#phase(),
      ready,
      reason: ready ? '' : this.#reason,
      containers: this.#containers.map(observe),
      sidecar: this.sidecar === null ? null : observe(this.sidecar.runner),
    };
    const { issues } = this.#context;
    try {
      this.#publisher.publish(this.#facts, sight);
      issues.set('state folder', []);
    } catch (error) {
      const remedy = 'make room or mend its permissions: until then the control plane sees an old state';
      issues.set('state folder', [
        errorIssue(`the state of pod ${this.id} can't be written: ${messageOf(error)}`, { remedy }),
      ]);
    }
  }

  #isReady(): boolean {
    const sidecarReady = this.sidecar === null || this.sidecar.runner.isReady;
    return sidecarReady && this.#containers.every((container) => container.isReady);
  }

  #isFinished(): boolean {
    return this.#containers.every((container) => container.finished !== null);
  }

  #phase(): PodPhase {
    if (this.#isFinished())
      return this.#containers.every(({ finished }) => finished?.code === 0) ? 'Succeeded' : 'Failed';
    return this.#containers.some((container) => container.isRunning || container.restartCount > 0)
      ? 'Running'
      : 'Pending';
  }

  #state(): PodState {
    if (this.isTerminating) return 'stopping';
    if (this.#isFinished()) return 'finished';
    if (this.#isReady()) return 'ready';
    // Until it has been ready for the first time, "not ready" is no news.
    return this.#told === 'starting' ? 'starting' : 'not ready';
  }

  #tell(change: PodChange): void {
    this.#context.report({ kind: 'pod', pod: this.row(), change });
  }

  #names(): readonly string[] {
    return [...this.#containers.map(({ spec }) => spec.name), SIDECAR_NAME];
  }
}

function observe(runner: ContainerRunner): ContainerObservation {
  return { name: runner.spec.name, ready: runner.isReady, restartCount: runner.restartCount };
}
