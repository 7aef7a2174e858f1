// Which endpoint each client of one cluster is with (`sessionAffinity: ClientIP` of a Service): for requests and for connections, for so long after the last one.
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { ClientHomeSpec } from '../../model/client-home-spec.ts';
import type { ClientAffinitySpec } from '../../model/cluster-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

/** Of one cluster. The client that was not seen for longest makes way, and goes by its hash from then on: nearly always to the same endpoint. */
export const MAX_CLIENTS = 16_384;
/** Old clients are forgotten by those that come, so many at a time. */
const FORGOTTEN_AT_ONCE = 4;

/** That a client is still there is told to other processes so often: in each sixteenth of the timeout, in each minute at most. */
const TOLD_PER_TIMEOUT = 16;
const MAX_UNTOLD_MS = 60_000;

interface Kept {
  readonly endpoint: Endpoint;
  /** Another pod may get the same address. */
  readonly uid: string | undefined;
  /** As of ClientHomeSpec; 0 = nobody else asks. */
  readonly sinceMs: number;
  lastSeenMs: number;
  toldAtMs: number;
}

/** Other processes of this sidecar, which have tables of their own for the same clients. */
export interface ClientSharing {
  /** As of Clock. */
  wallNow(): number;
  /** Never waits. */
  tell(home: ClientHomeSpec): void;
}

/** What a cluster says of itself. */
export interface ClientTableOwner {
  readonly name: string;
  /** Milliseconds that only grow. */
  now(): number;
}

export class ClientTable implements PickContext {
  readonly #owner: ClientTableOwner;
  readonly #sharing: ClientSharing | null;
  readonly #hasher = new XxHash64();
  /** The one that was not seen for longest is the first. */
  readonly #kept = new Map<string, Kept>();
  #timeoutMs: number;
  /** Whom the load balancer can answer with. */
  #eligible: ReadonlySet<Endpoint> = new Set();
  /** Null: nobody has asked since they changed. */
  #byAddress: ReadonlyMap<string, Endpoint> | null = null;
  #request: PickContext | null = null;
  #moved = 0;
  #learnt = 0;
  /** Of the client that is looked at. */
  readonly hash = new Word64();

  /** `sharing`: null where this process is alone. */
  constructor({ timeoutMs }: ClientAffinitySpec, owner: ClientTableOwner, sharing: ClientSharing | null = null) {
    this.#timeoutMs = timeoutMs;
    this.#owner = owner;
    this.#sharing = sharing;
  }

  /** The table of a cluster whose configuration is `spec` now; null = its clients are with no endpoint. */
  static follow(
    known: ClientTable | null,
    spec: ClientAffinitySpec | undefined,
    owner: ClientTableOwner,
    sharing?: ClientSharing,
  ): ClientTable | null {
    if (spec === undefined) return null;
    if (known === null) return new ClientTable(spec, owner, sharing);
    known.#timeoutMs = spec.timeoutMs;
    return known;
  }

  /** Endpoints or their health have changed. */
  changed(eligible: readonly Endpoint[]): void {
    this.#eligible = new Set(eligible);
    this.#byAddress = null;
  }

  /** What another process says of a client. Where both know it, it is with the endpoint that it came to first. */
  learn({ client, address, uid, sinceMs }: ClientHomeSpec): void {
    const endpoint = this.#at(address);
    if (endpoint === null || (endpoint.spec.pod?.uid ?? '') !== uid) return;
    const known = this.#kept.get(client);
    const serves = known !== undefined && this.#serves(known);
    if (serves && known.endpoint !== endpoint && isFirst(known, sinceMs, address)) {
      // Who has said that knows it from now on.
      this.#tell(client, known, this.#owner.now());
      return;
    }
    const since = serves && known.endpoint === endpoint ? Math.min(known.sinceMs, sinceMs) : sinceMs;
    this.#learnt += 1;
    this.#kept.delete(client);
    this.#keep(client, endpoint, since);
  }

  /** Of all clients, for a process that has just begun. */
  homes(): readonly ClientHomeSpec[] {
    return Array.from(this.#kept, ([client, kept]) => this.#homeOf(client, kept));
  }

  /** Called instead of `picker`, which tells where clients that are not known go, by their hash: wherever they are asked for, the same. */
  pick(context: PickContext, picker: Picker): Endpoint | null {
    const client = context.client ?? null;
    if (client === null) return picker.pick(context);
    const nowMs = this.#owner.now();
    this.#forgetOld(nowMs);
    const key = `${client} ${context.subset ?? ''}`;
    const kept = this.#kept.get(key);
    if (kept === undefined || !this.#serves(kept)) return this.#begin(key, client, context, picker);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.lastSeenMs = nowMs;
    if (this.#sharing !== null && nowMs - kept.toldAtMs >= this.#untoldMs) this.#tell(key, kept, nowMs);
    // The client stays with an endpoint that fails one request and is there.
    return context.wasTried(kept.endpoint) ? this.#pickByHash(client, context, picker) : kept.endpoint;
  }

  collect(cluster: string, sink: StatSink): void {
    sink.gauge('cluster', cluster, 'client_affinity_clients', this.#kept.size);
    sink.counter('cluster', cluster, 'client_affinity_moved', this.#moved);
    if (this.#sharing !== null) sink.counter('cluster', cluster, 'client_affinity_learnt', this.#learnt);
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
    const kept = this.#keep(key, endpoint, this.#sharing === null ? 0 : this.#sharing.wallNow());
    if (this.#sharing !== null) this.#tell(key, kept, kept.lastSeenMs);
    return endpoint;
  }

  #keep(key: string, endpoint: Endpoint, sinceMs: number): Kept {
    const nowMs = this.#owner.now();
    const kept = { endpoint, uid: endpoint.spec.pod?.uid, sinceMs, lastSeenMs: nowMs, toldAtMs: nowMs };
    this.#kept.set(key, kept);
    if (this.#kept.size > MAX_CLIENTS) this.#forgetFirst();
    return kept;
  }

  get #untoldMs(): number {
    return Math.min(this.#timeoutMs / TOLD_PER_TIMEOUT, MAX_UNTOLD_MS);
  }

  #tell(client: string, kept: Kept, nowMs: number): void {
    kept.toldAtMs = nowMs;
    this.#sharing?.tell(this.#homeOf(client, kept));
  }

  #homeOf(client: string, { endpoint, uid = '', sinceMs }: Kept): ClientHomeSpec {
    return { cluster: this.#owner.name, client, address: endpoint.address, uid, sinceMs };
  }

  #at(address: string): Endpoint | null {
    this.#byAddress ??= new Map(Array.from(this.#eligible, (endpoint) => [endpoint.address, endpoint]));
    return this.#byAddress.get(address) ?? null;
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

/** Of two that came in the same millisecond the same one everywhere. */
function isFirst({ endpoint, sinceMs }: Kept, otherSinceMs: number, otherAddress: string): boolean {
  return sinceMs === otherSinceMs ? endpoint.address < otherAddress : sinceMs < otherSinceMs;
}
