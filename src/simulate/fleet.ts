// The pods of the simulated Services: those that there are, what befalls them, and what Kubernetes knows of it.
import { keyOf, type ObjectKey } from '../kube/objects.ts';
import type { Pod } from '../kube/pod.ts';
import type { Service } from '../kube/service.ts';
import { type PodKnowledge, podObject } from './pod-objects.ts';
import type { PodChoice, PodsSpec } from './scenario-spec.ts';
import type { Scene } from './scene.ts';
import { SimulatedPod } from './simulated-pod.ts';

interface Member {
  readonly pod: SimulatedPod;
  readonly service: Service;
  known: PodKnowledge | 'gone';
}

export interface FleetOptions {
  /** The one that is called first; each has a selector, and as many pods of its own. */
  readonly services: readonly [Service, ...(readonly Service[])];
  readonly spec: PodsSpec;
  readonly scene: Scene;
  /** Kubernetes has learnt something of pods. */
  readonly onChange: (upserted: readonly Pod[], deleted: readonly ObjectKey[]) => void;
}

/** Of the pods that are there at first, and of those that a rollout brings. */
const FIRST_REVISION = '1';
const NEXT_REVISION = '2';

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: Member[] = [];
  /** Of whom Kubernetes has learnt something in this moment. */
  readonly #untold = new Set<Member>();
  readonly #byHost = new Map<string, SimulatedPod>();
  #revision = FIRST_REVISION;

  constructor(options: FleetOptions) {
    this.#options = options;
    for (const service of options.services) {
      for (let count = 0; count < options.spec.count; count += 1) this.#create(service);
    }
  }

  /** Those that there are at first, as Kubernetes knows them. */
  get objects(): readonly Pod[] {
    return this.#members.map((member) => this.#objectOf(member));
  }

  /** In the order in which they came, those that are gone too. */
  get pods(): readonly SimulatedPod[] {
    return this.#members.map(({ pod }) => pod);
  }

  /** Those of the Service that is called that serve and have not been told to end. */
  get staying(): readonly SimulatedPod[] {
    return this.#called.filter(isStaying).map(({ pod }) => pod);
  }

  at(host: string): SimulatedPod | null {
    return this.#byHost.get(host) ?? null;
  }

  choose(choice: PodChoice): readonly SimulatedPod[] {
    if (choice.kind === 'all') return this.staying;
    if (choice.kind === 'numbers') {
      const called = this.#called;
      return choice.numbers.flatMap((number) => called[number]?.pod ?? []);
    }
    // Nodes carry pods of every Service.
    const there = this.#members.filter((member) => isStaying(member) && member.pod.place.zone === choice.zone);
    return there.map(({ pod }) => pod);
  }

  /** A new pod, ready at once. */
  add(): void {
    const member = this.#create(this.#options.services[0]);
    member.pod.start();
    this.#tell(member);
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
    if (this.#members[pod.place.number]?.known === 'gone') return;
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

  /** What is learnt in one moment is told in one piece. */
  #tell(member: Member): void {
    if (this.#untold.size === 0) this.#options.scene.clock.after(0, () => this.#tellAll());
    this.#untold.add(member);
  }

  #tellAll(): void {
    const untold = [...this.#untold];
    this.#untold.clear();
    const there = untold.filter(({ known }) => known !== 'gone').map((member) => this.#objectOf(member));
    const gone = untold.filter(({ known }) => known === 'gone').map((member) => keyOf(this.#objectOf(member)));
    this.#options.onChange(there, gone);
  }

  /** Pods of the Service that is called, in the order in which they came. */
  get #called(): readonly Member[] {
    return this.#members.filter(({ service }) => service === this.#options.services[0]);
  }

  #objectOf({ pod, service, known }: Member): Pod {
    return podObject(pod.place, known === 'gone' ? 'terminating' : known, service);
  }

  #create(service: Service): Member {
    const { spec, scene } = this.#options;
    const number = this.#members.length;
    const ofService = this.#members.filter((member) => member.service === service).length;
    const host = `10.${128 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
    const place = {
      ...{ number, host, name: `${service.metadata.name}-${ofService}`, uid: uidOf(number) },
      ...{ zone: zoneOf(spec.zones, ofService), revision: this.#revision },
      createdAt: new Date(scene.clock.wallNow()).toISOString(),
    };
    const member: Member = { pod: new SimulatedPod(place, spec, scene), service, known: 'ready' };
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
      this.#tell(member);
    };
    if (afterMs === 0) learn();
    else this.#options.scene.clock.after(afterMs, learn);
  }
}

function isStaying({ pod, known }: Member): boolean {
  return pod.serving && known !== 'terminating' && known !== 'gone';
}

/** Dealt out in turn. */
export function zoneOf(zones: readonly string[], number: number): string {
  return zones[number % Math.max(1, zones.length)] ?? '';
}

function uidOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
