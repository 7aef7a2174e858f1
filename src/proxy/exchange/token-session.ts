// A request's session by opaque token: it stays with its pod for as long as that serves, moves once when it is gone, and says so.
import type { Random } from '../../base/random.ts';
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { Destination, WeightedDestinations } from '../route/destination.ts';
import type { FieldChanges, FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import { isDue, isOver, restOf, usedUntil } from '../session/session-time.ts';
import { lastingPartOf, newSalt, parseToken, renderToken, type SessionToken } from '../session/session-token.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { SessionCall } from './session-call.ts';

/** What an answer says where a session has just begun, has moved, or is with another pod than this answer is from. */
const SESSION_FIELD = 'x-switchboard-session';

/**
 * Where the request stands: it has no session; the pod of its session takes it; that is gone, and the session moves; or it is there, or may be, and
 * cannot take the request, and another one does it for it.
 */
type Standing = 'new' | 'kept' | 'moved' | 'away';

export class TokenSession implements SessionCall, FieldEdit, PickContext {
  readonly policy: SessionPolicy;
  readonly #random: Random;
  readonly #nowMs: number;
  /** What the client says; null = it has no session, or one that is over. */
  readonly #token: SessionToken | null;
  readonly #expired: boolean;
  #routeChanges: FieldChanges | null = null;
  #cluster: Cluster | null = null;
  #request: PickContext | null = null;
  #home: Endpoint | null = null;
  /** Where a session goes whose pod is gone: the first choice, which everybody makes. */
  #destined: Endpoint | null = null;
  #standing: Standing = 'new';
  #hash: Word64 | null = null;
  /** What the client shall say from now on; null = as it did. */
  #newToken: SessionToken | null = null;
  /** What the answer tells; '' = nothing, as the session is where it was. */
  #told: Standing | '' = '';
  /** The session is lost, and the client told to forget it. */
  #ended = false;
  refusal = '';

  constructor(policy: SessionPolicy, head: RequestHead, wallNowMs: number, random: Random) {
    this.policy = policy;
    this.#random = random;
    this.#nowMs = wallNowMs;
    const token = parseToken(policy.carrier.read(head) ?? '');
    this.#expired = token !== null && isOver(token, policy.spec, wallNowMs);
    this.#token = this.#expired ? null : token;
  }

  // ── where it goes ──

  destinationIn(weighted: WeightedDestinations): Destination | null {
    const token = this.#token;
    if (token === null) return null;
    const home = weighted.find(
      ({ slot }) => slot.cluster !== null && slot.cluster.sessions.podOf(token.podId) !== null,
    );
    // The same for all who hold the token: it moves once.
    return home ?? weighted.choose({ next: () => this.hash.high / 2 ** 32 });
  }

  pick(cluster: Cluster, context: PickContext): Endpoint | null {
    const { sessions } = cluster;
    if (this.#cluster !== cluster) this.#meet(cluster);
    if (this.#token === null) return cluster.pick(context);
    const home = sessions.podOf(this.#token.podId);
    this.#home = home;
    this.#standing = home === null ? this.#lossIn(cluster) : 'kept';
    // Where a session may not leave its pod, that is tried again.
    if (home !== null && home.health !== 'unhealthy' && !(context.wasTried(home) && this.#mayLeave)) return home;
    if (!this.#mayLeave) return this.#refuse(cluster, home);
    if (home !== null) this.#standing = 'away';
    const endpoint = this.#pickElsewhere(cluster, context);
    if (home === null) this.#destined ??= endpoint;
    return endpoint;
  }

  excludes(endpoint: Endpoint): boolean {
    return this.#token !== null && !this.#mayLeave && endpoint !== this.#home;
  }

  /** Of the session's old token, so that all who hold it agree, however old it is: as the hash of this pick. */
  get hash(): Word64 {
    if (this.#hash === null) {
      const text = lastingPartOf(this.#token as SessionToken);
      this.#hash = new Word64();
      this.#hash.copy(new XxHash64().hash(text, 0, text.length));
    }
    return this.#hash;
  }

  get subset(): string {
    return this.#request?.subset ?? '';
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#request?.wasTried(endpoint) === true;
  }

  // ── what the answer says ──

  answerChanges(route: FieldChanges | null): FieldEdit | null {
    if (this.#told === '' && this.#newToken === null && !this.#ended) return route;
    this.#routeChanges = route;
    return this;
  }

  /** Sessions begin and move with answers, not with failures: who is told to come back to a pod shall find it well. */
  onAnswer(endpoint: Endpoint, status: number): void {
    const { sessions } = this.#cluster as Cluster;
    const { stats } = sessions;
    const standing = this.#standingAt(endpoint);
    const settles = standing === 'new' || standing === 'moved';
    if (settles && status < 500) this.#settle(sessions.idOf(endpoint));
    else this.#renew();
    if (standing === 'kept') stats.kept += 1;
    else if (standing === 'away') stats.away += 1;
    else if (status >= 500) return;
    else if (standing === 'new') stats.begun += 1;
    else stats.moved += 1;
    this.#told = standing === 'kept' ? '' : standing;
  }

  #settle(podId: string): void {
    const { bornAtS, salt } = this.#token ?? {
      bornAtS: Math.floor(this.#nowMs / 1_000),
      salt: newSalt(this.#random),
    };
    this.#newToken = { podId, bornAtS, salt, usedUntilMs: usedUntil(this.policy.spec, this.#nowMs) };
  }

  /** It is with its pod and in use, whatever that pod has answered. */
  #renew(): void {
    const { spec } = this.policy;
    if (this.#token === null || !isDue(this.#token, spec, this.#nowMs)) return;
    this.#newToken = { ...this.#token, usedUntilMs: usedUntil(spec, this.#nowMs) };
  }

  /** A session does not move to where a retry happened to be answered: others who hold its token would not find it there. */
  #standingAt(endpoint: Endpoint): Standing {
    if (endpoint === this.#home) return 'kept';
    return this.#standing === 'moved' && endpoint !== this.#destined ? 'away' : this.#standing;
  }

  apply(fields: FieldList): void {
    this.#routeChanges?.apply(fields);
    const { carrier } = this.policy;
    if (this.#ended) {
      carrier.remove(fields);
      return;
    }
    if (this.#told !== '') fields.overwrite(SESSION_FIELD, this.#told);
    const token = this.#newToken;
    if (token !== null) carrier.write(fields, renderToken(token), restOf(token, this.policy.spec, this.#nowMs));
  }

  get #mayLeave(): boolean {
    return this.policy.spec.onLoss !== 'fail';
  }

  #meet(cluster: Cluster): void {
    this.#cluster = cluster;
    if (this.#expired) cluster.sessions.stats.expired += 1;
  }

  /** Without whoever tells of pods, one that is not known may be newer than what is. */
  #lossIn({ sessions }: Cluster): Standing {
    return sessions.areCurrent ? 'moved' : 'away';
  }

  /** The same for the session that moves and for a request that is away: what it leaves there is found again if the pod does not come back. */
  #pickElsewhere(cluster: Cluster, context: PickContext): Endpoint | null {
    const isHashed = this.policy.spec.onLoss === 'hash' && (context.hash ?? null) !== null;
    if (isHashed) return cluster.pick(context);
    this.#request = context;
    return cluster.sessions.rehome(this) ?? cluster.pick(context);
  }

  #refuse(cluster: Cluster, home: Endpoint | null): null {
    cluster.sessions.stats.lost += 1;
    this.#ended = home === null && this.#standing === 'moved';
    if (home !== null) {
      this.refusal = `its pod ${home.spec.pod?.name ?? home.address} is there, but takes no requests at the moment`;
    } else if (this.#ended) {
      this.refusal = `its pod is gone from ${cluster.name}; the next request without the token begins a new session`;
    } else {
      this.refusal = `its pod is not known in ${cluster.name}, and while the control plane is away nobody tells of new ones`;
    }
    return null;
  }
}
