// Keeps a pod's conditions with their times, and writes its object into the state folder whenever it has changed.
import { stringify } from 'yaml';
import type { Clock } from '../base/clock.ts';
import type { PodPhase } from '../kube/pod.ts';
import type { PodFacts } from './pod-facts.ts';
import { type ContainerObservation, type PodOwner, podObject } from './pod-object.ts';
import type { StateFolder } from './state-folder.ts';

export interface PodSight {
  readonly phase: PodPhase;
  readonly ready: boolean;
  /** Why it is not ready; '' when it is. */
  readonly reason: string;
  readonly containers: readonly ContainerObservation[];
  readonly sidecar: ContainerObservation | null;
}

export class PodPublisher {
  readonly #clock: Clock;
  readonly #state: StateFolder;
  readonly #owner: PodOwner | null;
  readonly #createdAt: string;
  #ready = false;
  #readyChangedAt: string;
  #readySince: number;
  #terminatingSince: string | null = null;
  #published = '';

  constructor(clock: Clock, state: StateFolder, owner: PodOwner | null) {
    this.#clock = clock;
    this.#state = state;
    this.#owner = owner;
    this.#createdAt = this.#wallTime();
    this.#readyChangedAt = this.#createdAt;
    this.#readySince = clock.now();
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** Time since it became ready, ms; 0 when it isn't. */
  get readyForMs(): number {
    return this.#ready ? this.#clock.now() - this.#readySince : 0;
  }

  get isTerminating(): boolean {
    return this.#terminatingSince !== null;
  }

  /** From the next `publish` on. */
  markTerminating(): void {
    this.#terminatingSince ??= this.#wallTime();
  }

  /** The file is on disk when it returns. */
  publish(pod: PodFacts, sight: PodSight): void {
    if (sight.ready !== this.#ready) {
      this.#ready = sight.ready;
      this.#readyChangedAt = this.#wallTime();
      this.#readySince = this.#clock.now();
    }
    const object = podObject(pod, this.#owner, {
      ...sight,
      createdAt: this.#createdAt,
      readyChangedAt: this.#readyChangedAt,
      terminatingSince: this.#terminatingSince,
    });
    const text = stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 });
    if (text === this.#published) return;
    this.#published = text;
    this.#state.writePod(pod.namespace, pod.name, text);
  }

  /** RFC 3339, in whole seconds as Kubernetes writes it. */
  #wallTime(): string {
    return `${new Date(this.#clock.wallNow()).toISOString().slice(0, 19)}Z`;
  }
}
