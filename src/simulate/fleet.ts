// The pods of the simulated Service: those that there are, what befalls them, and what Kubernetes knows of it.
import { keyOf, type ObjectKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { Service } from '../kube/service.ts';
import { type PodKnowledge, podObject } from './pod-objects.ts';
import type { PodChoice, PodsSpec } from './scenario-spec.ts';
import type { Scene } from './scene.ts';
import { SimulatedPod } from './simulated-pod.ts';

interface Member {
  readonly pod: SimulatedPod;
  known: PodKnowledge | 'gone';
}

export interface FleetOptions {
  /** It has a selector. */
  readonly service: Service;
  readonly spec: PodsSpec;
  readonly scene: Scene;
  /** Kubernetes has learnt something of one pod. */
  readonly onChange: (upserted: readonly Pod[], deleted: readonly ObjectKey[]) => void;
}

/** Of the pods that are there at first, and of those that a rollout brings. */
const FIRST_REVISION = '1';
const NEXT_REVISION = '2';

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: Member[] = [];
  readonly #byHost = new Map<string, SimulatedPod>();
  #revision = FIRST_REVISION;

  constructor(options: FleetOptions) {
    this.#options = options;
    for (let count = 0; count < options.spec.count; count += 1) this.#create();
  }

  /** Those that there are at first, as Kubernetes knows them. */
  get objects(): readonly Pod[] {
    return this.#members.map((member) => this.#objectOf(member));
  }

  /** In the order in which they came, those that are gone too. */
  get pods(): readonly SimulatedPod[] {
    return this.#members.map(({ pod }) => pod);
  }

  /** Those that serve and have not been told to end. */
  get staying(): readonly SimulatedPod[] {
    const staying = this.#members.filter(
      ({ pod, known }) => pod.serving && known !== 'terminating' && known !== 'gone',
    );
    return staying.map(({ pod }) => pod);
  }

  at(host: string): SimulatedPod | null {
    return this.#byHost.get(host) ?? null;
  }

  choose(choice: PodChoice): readonly SimulatedPod[] {
    if (choice.kind === 'numbers') return choice.numbers.flatMap((number) => this.#members[number]?.pod ?? []);
    if (choice.kind === 'zone') return this.staying.filter(({ place }) => place.zone === choice.zone);
    return this.staying;
  }

  /** A new pod, ready at once. */
  add(): void {
    this.#options.onChange([this.#objectOf(this.#create())], []);
  }

  /** From now on new pods are of another revision, which replaces those that are there. */
  beginRollout(): void {
    this.#revision = NEXT_REVISION;
  }

  /** Its process ends now; Kubernetes knows it after `noticedMs`. */
  kill(pod: SimulatedPod, noticedMs: number): void {
    pod.kill();
    this.#learn(pod, 'not-ready', noticedMs);
  }

  cutOff(pod: SimulatedPod, noticedMs: number): void {
    pod.setSilent(true);
    this.#learn(pod, 'not-ready', noticedMs);
  }

  /** It serves again; Kubernetes knows it after `noticedMs`. */
  restore(pod: SimulatedPod, noticedMs: number): void {
    pod.setSilent(false);
    pod.revive();
    this.#learn(pod, 'ready', noticedMs);
  }

  /** It is told to end, and does after `graceMs`. */
  drain(pod: SimulatedPod, graceMs: number): void {
    this.#learn(pod, 'terminating', 0);
    this.#options.scene.clock.after(graceMs, () => {
      pod.kill();
      this.#learn(pod, 'gone', 0);
    });
  }

  #objectOf({ pod, known }: Member): Pod {
    return podObject(pod.place, known === 'gone' ? 'terminating' : known, this.#options.service);
  }

  #create(): Member {
    const { spec, scene, service } = this.#options;
    const number = this.#members.length;
    const host = `10.${128 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
    const place = {
      ...{ number, host, name: `${service.metadata.name}-${number}`, uid: uidOf(number) },
      ...{ zone: zoneOf(spec.zones, number), revision: this.#revision },
      createdAt: new Date(scene.clock.wallNow()).toISOString(),
    };
    const member: Member = { pod: new SimulatedPod(place, spec, scene), known: 'ready' };
    this.#members.push(member);
    this.#byHost.set(host, member.pod);
    return member;
  }

  #learn(pod: SimulatedPod, known: Member['known'], afterMs: number): void {
    const member = this.#members[pod.place.number] as Member;
    const learn = (): void => {
      if (member.known === 'gone' || member.known === known) return;
      // Whoever is told to end is not called ready again.
      if (member.known === 'terminating' && known !== 'gone') return;
      member.known = known;
      const object = this.#objectOf(member);
      if (known === 'gone') this.#options.onChange([], [keyOf(object)]);
      else this.#options.onChange([object], []);
    };
    if (afterMs === 0) learn();
    else this.#options.scene.clock.after(afterMs, learn);
  }
}

/** Dealt out in turn. */
export function zoneOf(zones: readonly string[], number: number): string {
  return zones[number % Math.max(1, zones.length)] ?? '';
}

function uidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
