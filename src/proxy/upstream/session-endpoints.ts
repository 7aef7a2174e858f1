// The endpoints of one cluster as sessions know them: by the pod that a token means, by address, and by where a session goes whose pod is gone.
import { serviceOfCluster } from '../../model/names.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';
import type { PickContext, Picker, PickerContext } from '../lb/load-balancer.ts';
import { sessionIdOf } from '../session/session-token.ts';
import { SessionStats } from './session-stats.ts';

export interface SessionSource {
  readonly name: string;
  readonly localities: readonly LocalityEndpoints[];
  /** A picker by rendezvous over `localities`. */
  createRehoming(localities: readonly LocalityEndpoints[]): Picker;
}

/** Made for a cluster's first request that has a session; what it knows is found out when it is asked for after a change. */
export class SessionEndpoints {
  readonly stats = new SessionStats();
  readonly #source: SessionSource;
  readonly #isCurrent: () => boolean;
  readonly #service: string;
  /** By UID: an id is made once a pod, however often endpoints change. */
  #ids: ReadonlyMap<string, string> = new Map();
  #byPod: ReadonlyMap<string, Endpoint> | null = null;
  #byAddress: ReadonlyMap<string, Endpoint> | null = null;
  #staying: Picker | null = null;
  #any: Picker | null = null;

  /** `isCurrent`: as of ClusterOptions. */
  constructor(source: SessionSource, isCurrent: () => boolean = () => true) {
    this.#source = source;
    this.#isCurrent = isCurrent;
    this.#service = serviceOfCluster(source.name);
  }

  /** Endpoints, their health or the configuration have changed. */
  changed(): void {
    this.#byPod = null;
    this.#byAddress = null;
    this.#staying = null;
    this.#any = null;
  }

  /** What is not among the endpoints is gone. Else it may be new, and nobody has told of it. */
  get areCurrent(): boolean {
    return this.#isCurrent();
  }

  /** The endpoint of a token's pod; null = it is none of those that are known. */
  podOf(podId: string): Endpoint | null {
    this.#byPod ??= this.#indexPods();
    return this.#byPod.get(podId) ?? null;
  }

  /** Null = there is none. */
  at(address: string): Endpoint | null {
    this.#byAddress ??= new Map(this.#all().map((endpoint) => [endpoint.address, endpoint]));
    return this.#byAddress.get(address) ?? null;
  }

  /** What stands for its pod in tokens. */
  idOf(endpoint: Endpoint): string {
    const uid = uidOf(endpoint);
    return this.#ids.get(uid) ?? sessionIdOf(this.#service, uid);
  }

  /**
   * Where a session of that hash goes: the same for everybody who knows the same endpoints. To pods that stay before those that a rollout is
   * about to replace, so that it need not move again. Null = nobody can take it.
   */
  rehome(context: PickContext): Endpoint | null {
    this.#staying ??= this.#source.createRehoming(this.#source.localities.map(withoutLeaving));
    const staying = this.#staying.pick(context);
    if (staying !== null && !context.wasTried(staying)) return staying;
    this.#any ??= this.#source.createRehoming(this.#source.localities);
    return this.#any.pick(context);
  }

  #indexPods(): ReadonlyMap<string, Endpoint> {
    const endpoints = this.#all();
    const ids = new Map(endpoints.map((endpoint) => [uidOf(endpoint), this.idOf(endpoint)]));
    this.#ids = ids;
    return new Map(endpoints.map((endpoint) => [this.idOf(endpoint), endpoint]));
  }

  #all(): readonly Endpoint[] {
    return this.#source.localities.flatMap(({ endpoints }) => endpoints);
  }
}

/** Where nobody says which pod it is, an address is as good: it is what the session was with. */
function uidOf({ spec, address }: Endpoint): string {
  return spec.pod?.uid || address;
}

function withoutLeaving({ group, endpoints }: LocalityEndpoints): LocalityEndpoints {
  return { group, endpoints: endpoints.filter(({ spec }) => spec.leaving !== true) };
}

/** Sessions have one place each: preferences of place would send them elsewhere from elsewhere. Nor does panic send them to who cannot serve. */
export function whereverTheCallerIs(context: PickerContext): PickerContext {
  const { locality, ...others } = context.spec;
  const isPreference = locality?.kind === 'nearest' && locality.onlyNode !== true;
  const bound = locality === undefined || isPreference ? {} : { locality };
  return { ...context, spec: { ...others, ...bound, panicThreshold: 0 } };
}
