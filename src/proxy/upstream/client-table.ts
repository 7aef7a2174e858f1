// Which endpoint each client of one cluster is with (`sessionAffinity: ClientIP` of a Service): for requests and for connections, for so long after the last one.
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { ClientAffinitySpec } from '../../model/cluster-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

/** Of one cluster. The client that was not seen for longest makes way, and goes by its hash from then on: nearly always to the same endpoint. */
export const MAX_CLIENTS = 16_384;
/** Old clients are forgotten by those that come, so many at a time. */
const FORGOTTEN_AT_ONCE = 4;

interface Kept {
  readonly endpoint: Endpoint;
  /** Another pod may get the same address. */
  readonly uid: string | undefined;
  lastSeenMs: number;
}

export class ClientTable implements PickContext {
  readonly #now: () => number;
  readonly #hasher = new XxHash64();
  /** The one that was not seen for longest is the first. */
  readonly #kept = new Map<string, Kept>();
  #timeoutMs: number;
  /** Whom the load balancer can answer with. */
  #eligible: ReadonlySet<Endpoint> = new Set();
  #request: PickContext | null = null;
  #moved = 0;
  /** Of the client that is looked at. */
  readonly hash = new Word64();

  /** `now`: milliseconds that only grow. */
  constructor({ timeoutMs }: ClientAffinitySpec, now: () => number) {
    this.#timeoutMs = timeoutMs;
    this.#now = now;
  }

  update({ timeoutMs }: ClientAffinitySpec): void {
    this.#timeoutMs = timeoutMs;
  }

  /** Endpoints or their health have changed. */
  changed(eligible: readonly Endpoint[]): void {
    this.#eligible = new Set(eligible);
  }

  /** Called instead of `picker`, which tells where clients that are not known go, by their hash: wherever they are asked for, the same. */
  pick(context: PickContext, picker: Picker): Endpoint | null {
    const client = context.client ?? null;
    if (client === null) return picker.pick(context);
    const nowMs = this.#now();
    this.#forgetOld(nowMs);
    const key = `${client} ${context.subset ?? ''}`;
    const kept = this.#kept.get(key);
    if (kept === undefined || !this.#serves(kept)) return this.#begin(key, client, context, picker);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.lastSeenMs = nowMs;
    // The client stays with an endpoint that fails one request and is there.
    return context.wasTried(kept.endpoint) ? this.#pickByHash(client, context, picker) : kept.endpoint;
  }

  collect(cluster: string, sink: StatSink): void {
    sink.gauge('cluster', cluster, 'client_affinity_clients', this.#kept.size);
    sink.counter('cluster', cluster, 'client_affinity_moved', this.#moved);
  }

  get subset(): string {
    return this.#request?.subset ?? '';
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#request?.wasTried(endpoint) === true;
  }

  #begin(key: string, client: string, context: PickContext, picker: Picker): Endpoint | null {
    if (this.#kept.delete(key)) this.#moved += 1;
    const endpoint = this.#pickByHash(client, context, picker);
    if (endpoint === null) return null;
    this.#kept.set(key, { endpoint, uid: endpoint.spec.pod?.uid, lastSeenMs: this.#now() });
    if (this.#kept.size > MAX_CLIENTS) this.#forgetFirst();
    return endpoint;
  }

  #pickByHash(client: string, context: PickContext, picker: Picker): Endpoint | null {
    this.hash.copy(this.#hasher.hash(client, 0, client.length));
    this.#request = context;
    const endpoint = picker.pick(this);
    this.#request = null;
    return endpoint;
  }

  #serves({ endpoint, uid }: Kept): boolean {
    return this.#eligible.has(endpoint) && endpoint.spec.pod?.uid === uid;
  }

  #forgetOld(nowMs: number): void {
    for (let turn = 0; turn < FORGOTTEN_AT_ONCE; turn += 1) {
      const [first] = this.#kept.values();
      if (first === undefined || nowMs - first.lastSeenMs < this.#timeoutMs) return;
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    const [key] = this.#kept.keys();
    if (key !== undefined) this.#kept.delete(key);
  }
}
