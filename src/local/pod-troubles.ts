// Tells people why containers of a pod don't run as they should: once each, with the place in the manifest where there is one.
import type { Issue } from '../base/result.ts';
import type { ContainerChange } from './container-runner.ts';
import type { PodRow } from './events.ts';
import type { PodContext } from './pod-context.ts';
import type { PodFacts } from './pod-facts.ts';
import { findWideListeners, TAKEN_PORT_HINT, tellsOfTakenPort } from './port-watch.ts';
import { readTail } from './state-folder.ts';
import type { Workload } from './workload.ts';

type Ended = Extract<ContainerChange, { kind: 'ended' }>;
type Unhealthy = Extract<ContainerChange, { kind: 'unhealthy' }>;

/** How much of a program's last words is read, bytes. */
const TAIL_BYTES = 4_096;

export class PodTroubles {
  readonly #facts: PodFacts;
  readonly #workload: Workload;
  readonly #context: PodContext;
  readonly #row: () => PodRow;
  /** Containers whose last start was given up before it began; the issues have told why. */
  readonly #blocked = new Set<string>();
  readonly #failures = new Map<string, string>();

  constructor(facts: PodFacts, workload: Workload, context: PodContext, row: () => PodRow) {
    this.#facts = facts;
    this.#workload = workload;
    this.#context = context;
    this.#row = row;
  }

  /** It can't be started now. */
  blocked(index: number, container: string, issues: readonly Issue[]): void {
    this.#blocked.add(container);
    this.#set(index, issues);
  }

  started(index: number, container: string): void {
    this.#blocked.delete(container);
    this.#failures.delete(container);
    this.#set(index, []);
  }

  /** Asks whether it took its port on every address. */
  async ready(index: number): Promise<void> {
    const issues = await findWideListeners(this.#facts, index, this.#workload, this.#context.ports);
    if (issues.length > 0) this.#set(index, issues);
  }

  /** `container` is the sidecar's name for the sidecar. A start that fails again for the same reason is no news. */
  ended(container: string, change: Ended): void {
    const { failure, code } = change.exit;
    if (failure !== null && (this.#blocked.has(container) || this.#failures.get(container) === failure)) return;
    if (failure !== null) this.#failures.set(container, failure);
    if (change.restartInMs === null && code === 0) return;
    const failed = code !== null && code !== 0;
    const hint = failed && tellsOfTakenPort(readTail(this.#logFile(container), TAIL_BYTES)) ? TAKEN_PORT_HINT : '';
    this.#tell(container, change, hint);
  }

  unhealthy(container: string, change: Unhealthy): void {
    this.#tell(container, change, '');
  }

  /** The pod is gone, and its troubles with it. */
  clear(): void {
    for (const index of this.#facts.spec.containers.keys()) this.#set(index, []);
  }

  #set(index: number, issues: readonly Issue[]): void {
    this.#context.issues.set(`pod ${this.#facts.uid} ${index}`, issues);
  }

  #tell(container: string, change: Ended | Unhealthy, hint: string): void {
    const logFile = this.#logFile(container);
    this.#context.report({ kind: 'container', pod: this.#row(), container, change, logFile, hint });
  }

  #logFile(container: string): string {
    return this.#context.state.podLogFile(this.#facts.namespace, this.#facts.name, container);
  }
}
