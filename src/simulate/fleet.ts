// The pods of the simulated Service: those that there are, what befalls them, and what Kubernetes knows of it.
import type { EndpointConditions, EndpointSlice, SliceEndpoint } from '../kube/endpoint-objects.ts';
import { SERVICE_NAME_LABEL } from '../kube/endpoint-objects.ts';
import type { Service } from '../kube/service.ts';
import type { PodChoice, PodsSpec } from './scenario-spec.ts';
import type { Scene } from './scene.ts';
import { SimulatedPod } from './simulated-pod.ts';

/** What Kubernetes has been told of a pod. */
type Knowledge = 'ready' | 'not-ready' | 'terminating' | 'gone';

interface Member {
  readonly pod: SimulatedPod;
  known: Knowledge;
}

export interface FleetOptions {
  readonly service: Service;
  readonly spec: PodsSpec;
  readonly scene: Scene;
  /** Kubernetes has learnt something. */
  readonly onChange: () => void;
}

/** Where pods of a Service listen whose port is a name, which only its pods could explain. */
const NAMED_TARGET_PORT = 8080;
const CONDITIONS: Readonly<Record<Exclude<Knowledge, 'gone'>, EndpointConditions>> = {
  ready: { ready: true, serving: true, terminating: false },
  'not-ready': { ready: false, serving: false, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
};

export class Fleet {
  readonly #options: FleetOptions;
  readonly #members: Member[] = [];
  readonly #byHost = new Map<string, SimulatedPod>();

  constructor(options: FleetOptions) {
    this.#options = options;
    for (let count = 0; count < options.spec.count; count += 1) this.#create('ready');
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
    this.#create('ready');
    this.#options.onChange();
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

  /** What a controller would write of them. */
  slice(): EndpointSlice {
    const { metadata, spec } = this.#options.service;
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${metadata.name}-simulated`,
        namespace: metadata.namespace,
        labels: { [SERVICE_NAME_LABEL]: metadata.name },
        annotations: {},
      },
      addressType: 'IPv4',
      endpoints: this.#members.flatMap((member) => endpointOf(member, metadata.namespace) ?? []),
      ports: spec.ports.map(({ name = '', protocol, port, targetPort = port }) => {
        return { name, protocol, port: typeof targetPort === 'number' ? targetPort : NAMED_TARGET_PORT };
      }),
    };
  }

  #create(known: Knowledge): void {
    const { spec, scene, service } = this.#options;
    const number = this.#members.length;
    const host = `10.${128 + (number >> 16)}.${(number >> 8) & 0xff}.${number & 0xff}`;
    const place = {
      ...{ number, host, name: `${service.metadata.name}-${number}`, uid: uidOf(number) },
      zone: zoneOf(spec.zones, number),
    };
    const pod = new SimulatedPod(place, spec, scene);
    this.#members.push({ pod, known });
    this.#byHost.set(host, pod);
  }

  #learn(pod: SimulatedPod, known: Knowledge, afterMs: number): void {
    const member = this.#members[pod.place.number] as Member;
    const learn = (): void => {
      if (member.known === 'gone' || member.known === known) return;
      // Whoever is told to end is not called ready again.
      if (member.known === 'terminating' && known !== 'gone') return;
      member.known = known;
      this.#options.onChange();
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

/** Null: it is gone. */
function endpointOf({ pod, known }: Member, namespace: string): SliceEndpoint | null {
  if (known === 'gone') return null;
  const { host, zone, name, uid } = pod.place;
  return {
    addresses: [host],
    conditions: CONDITIONS[known],
    ...(zone === '' ? {} : { zone }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}
