// The loop of one client's stream: who it is, what it wants, what it is told and in which order.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { renderIssue } from '../../base/result.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { ChangedNames, SnapshotCache, ViewHandle } from '../cache/snapshot-cache.ts';
import { decodeNode } from '../node.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import { ON_DEMAND_BASES } from '../resources/on-demand.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { ROUTE_TYPE } from '../resources/route.ts';
import type { Batch } from './batch.ts';
import { HoldBack } from './hold-back.ts';
import type { NameChange, StreamCodec, SubscriptionRequest } from './stream-codec.ts';
import { Subscription } from './subscription.ts';

/** So many types that a client asks for and that are not served are told. */
const MAX_UNSERVED = 10;
/** Of a type URL that nobody knows. */
const MAX_TYPE_LENGTH = 200;
/** A NACK's text is kept up to this length. */
const MAX_REASON_LENGTH = 4_096;

/** The other end, as gRPC gives it. */
export interface StreamPeer {
  send(response: Buffer): void;
  /** Ends the stream with an error that tells the client what to do. */
  fail(reason: 'invalid-argument' | 'resource-exhausted', message: string): void;
}

export interface AdsStreamOptions<Request> {
  readonly codec: StreamCodec<Request>;
  readonly cache: SnapshotCache;
  readonly peer: StreamPeer;
  readonly clock: Clock;
  readonly log: Log;
  /** Most names that one subscription may have. */
  readonly maxNames: number;
  /** The one type of a stream that is not aggregated; absent: every type. */
  readonly only?: AnyResourceType;
}

/**
 * Sends at most one response of each type before it is answered, and always the newest state: a slow client skips what came between, and
 * costs no more than its names and one response per type.
 */
export class AdsStream<Request> {
  readonly #options: AdsStreamOptions<Request>;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #holdBack: HoldBack;
  readonly #unserved = new Set<string>();
  #node: NodeIdentity | null = null;
  #view: ViewHandle | null = null;
  #lastNonce = 0;

  constructor(options: AdsStreamOptions<Request>) {
    this.#options = options;
    this.#holdBack = new HoldBack(options.clock, () => this.#pump());
  }

  /** Null until the first request. */
  get node(): NodeIdentity | null {
    return this.#node;
  }

  get view(): ViewHandle | null {
    return this.#view;
  }

  /** `delta ads`, `sotw CDS`. */
  get protocol(): string {
    const { codec, only } = this.#options;
    return `${codec.variant} ${only?.shortName ?? 'ads'}`;
  }

  get subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  subscription(type: AnyResourceType): Subscription | undefined {
    return this.#subscriptions.get(type.typeUrl);
  }

  /** Type URLs that the client asks for in vain. */
  get unserved(): Iterable<string> {
    return this.#unserved;
  }

  receive(message: Request): void {
    const request = this.#options.codec.read(message);
    if (this.#view === null && !this.#identify(request)) return;
    const type = this.#typeOf(request);
    if (type === null) return;
    const known = this.#subscriptions.get(type.typeUrl);
    const subscription = known ?? new Subscription(type);
    this.#subscriptions.set(type.typeUrl, subscription);
    const stale = subscription.answers.isStale(request.nonce);
    // State of the world: an older list of names. Incremental: names change whatever the nonce is.
    if (stale && request.names.kind === 'replace') return;
    if (!stale) this.#answer(subscription, request);
    this.#noteHeld(type, request.names);
    subscription.applyNames(request.names, this.#state(type));
    // What a client that came back holds already is not news, but what it warms with has to come once more.
    if (known === undefined) for (const name of this.#holdBack.awaited(type.typeUrl)) subscription.resend(name);
    if (subscription.nameCount > this.#options.maxNames) {
      const limit = `more than ${this.#options.maxNames} names in one subscription of ${type.shortName}`;
      this.#options.peer.fail('resource-exhausted', `${limit}; subscribe to fewer`);
      return;
    }
    this.#pump();
  }

  close(): void {
    this.#view?.close();
    this.#holdBack.close();
  }

  /** True when the client has said yes to the newest state of all that it asked for. */
  isSettled(subscription: Subscription): boolean {
    const { outstanding, refused } = subscription.answers;
    if (this.#state(subscription.type) === null || outstanding || refused.size > 0) return false;
    return this.#collect(subscription, false) === null;
  }

  /** What the client was told of refers to resources of `type`, which are there, and it has not asked for any. */
  hasYetToAsk(type: AnyResourceType): boolean {
    if (this.#options.only !== undefined || this.#subscriptions.has(type.typeUrl)) return false;
    const existing = this.#state(type);
    if (type.numerous === true) return (existing?.resources.size ?? 0) > 0 && this.#wasTold(LISTENER_TYPE);
    for (const subscription of this.#subscriptions.values()) {
      if (existing === null || subscription.type.refersTo !== type.typeUrl) continue;
      for (const { references } of subscription.sent.values()) {
        if (references.some((name) => existing.find(name) !== undefined)) return true;
      }
    }
    return false;
  }

  /** Nothing refers to a name; whose view has any needs them with its listener. */
  #wasTold(type: AnyResourceType): boolean {
    return (this.#subscriptions.get(type.typeUrl)?.sent.size ?? 0) > 0;
  }

  /** Null: the request is passed over, or the stream has failed. */
  #typeOf({ typeUrl }: SubscriptionRequest): AnyResourceType | null {
    const { only, peer } = this.#options;
    if (only !== undefined) {
      if (typeUrl === '' || typeUrl === only.typeUrl) return only;
      peer.fail(
        'invalid-argument',
        `this method serves ${only.typeUrl}, not "${typeUrl.slice(0, MAX_TYPE_LENGTH)}"; use ADS`,
      );
      return null;
    }
    const type = RESOURCE_TYPES.find((candidate) => candidate.typeUrl === typeUrl);
    if (type === undefined) this.#noteUnserved(typeUrl.slice(0, MAX_TYPE_LENGTH));
    return type ?? null;
  }

  /** The others are served, as the protocol asks; and a client may ask often. */
  #noteUnserved(type: string): void {
    if (this.#unserved.has(type) || this.#unserved.size === MAX_UNSERVED) return;
    this.#unserved.add(type);
    this.#options.log.warn('a client asks for a type that is not served', { node: this.#node?.id, type });
  }

  #identify(request: SubscriptionRequest): boolean {
    if (request.node === undefined) {
      this.#options.peer.fail('invalid-argument', 'the first request of a stream has no node; send one with an id');
      return false;
    }
    const decoded = decodeNode(request.node);
    if (!decoded.ok) {
      this.#options.peer.fail('invalid-argument', decoded.issues.map(renderIssue).join('\n'));
      return false;
    }
    this.#node = decoded.value;
    this.#view = this.#options.cache.open(decoded.value, (changed) => this.#onChange(changed));
    return true;
  }

  #answer(subscription: Subscription, request: SubscriptionRequest): void {
    const { clock, log } = this.#options;
    const { answers } = subscription;
    const reason = request.refusal?.slice(0, MAX_REASON_LENGTH) ?? null;
    if (!answers.answer(request.nonce, reason, clock.wallNow()) || reason === null) return;
    // Clusters that were refused will not be asked for endpoints.
    if (subscription.type.warms) this.#holdBack.release();
    log.warn('a client refused its configuration', {
      node: this.#node?.id,
      type: subscription.type.shortName,
      version: answers.sentVersion,
      reason,
    });
  }

  #onChange(changed: ChangedNames): void {
    for (const [typeUrl, names] of changed) this.#subscriptions.get(typeUrl)?.touch(names);
    if (ON_DEMAND_BASES.some(({ typeUrl }) => changed.has(typeUrl))) {
      for (const subscription of this.#subscriptions.values()) subscription.touchLoose();
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#sendNext()) {
      // One response at a time: each may change what is due next.
    }
  }

  /** Sends the first response that is due, in the order of the table; false when there is none or it has to wait. */
  #sendNext(): boolean {
    for (const type of RESOURCE_TYPES) {
      const subscription = this.#subscriptions.get(type.typeUrl);
      if (subscription === undefined || !subscription.pending) continue;
      if (this.#mustHold(type)) return false;
      const keepRemoved = standsBehindRoutes(type) && (this.#holdBack.routesUnknown || this.#laterIsDue(type));
      const batch = this.#collect(subscription, keepRemoved);
      if (batch === null) continue;
      if (subscription.answers.outstanding) return false;
      this.#send(subscription, batch);
      return true;
    }
    return false;
  }

  #send(subscription: Subscription, batch: Batch): void {
    const { codec, peer } = this.#options;
    if (batch.type.warms) this.#awaitReferences(subscription, batch);
    const names = batch.changed.map(({ name }) => name);
    this.#holdBack.noteSent(batch.type.typeUrl, names);
    this.#lastNonce += 1;
    const nonce = String(this.#lastNonce);
    const bytes = codec.write(batch, nonce);
    subscription.commit(batch, nonce, codec.isComplete(batch.type));
    peer.send(bytes);
  }

  /** Whatever the client will now put aside gets what it waits for, even if that is unchanged. */
  #awaitReferences(subscription: Subscription, batch: Batch): void {
    const target = batch.type.refersTo;
    if (target === null || this.#options.only !== undefined) return;
    const referred = this.#subscriptions.get(target);
    const fresh: string[] = [];
    for (const resource of batch.changed) {
      const isNew = !subscription.wasSent(resource.name);
      for (const name of resource.references) {
        referred?.resend(name);
        // Also when it is subscribed: the client may be about to drop it, not knowing of the cluster yet.
        if (isNew) fresh.push(name);
      }
    }
    this.#holdBack.await(target, fresh);
  }

  /** Types arrive one by one: what is gone is told when the routes are known too. */
  #noteHeld(type: AnyResourceType, names: NameChange): void {
    if (type === ROUTE_TYPE) this.#holdBack.noteRoutes();
    if (this.#options.only !== undefined || names.kind === 'replace' || names.held.size === 0) return;
    if (standsBehindRoutes(type) && !this.#subscriptions.has(ROUTE_TYPE.typeUrl)) this.#holdBack.waitForRoutes();
  }

  /** While endpoints are awaited that exist, types other than the one that waits and the one that it waits for stand back. */
  #mustHold(type: AnyResourceType): boolean {
    if (standsBehindRoutes(type)) return false;
    return this.#holdBack.isHolding((typeUrl, name) => this.#view?.state(typeUrl)?.resources.has(name) === true);
  }

  /** Removals of what stands behind routes are no reason to wait: they wait themselves. */
  #laterIsDue(type: AnyResourceType): boolean {
    const later = RESOURCE_TYPES.slice(RESOURCE_TYPES.indexOf(type) + 1);
    return later.some((candidate) => {
      const subscription = this.#subscriptions.get(candidate.typeUrl);
      return subscription !== undefined && this.#collect(subscription, standsBehindRoutes(candidate)) !== null;
    });
  }

  #collect(subscription: Subscription, keepRemoved: boolean): Batch | null {
    const { type } = subscription;
    const state = this.#state(type);
    if (state === null) return null;
    return subscription.collect(state, this.#options.codec.tellsRemovals(type), keepRemoved);
  }

  #state(type: AnyResourceType) {
    return this.#view?.state(type.typeUrl) ?? null;
  }
}

/** Clusters and what they warm with: routes lead there, so what comes is told before the routes, and what goes after them. */
function standsBehindRoutes(type: AnyResourceType): boolean {
  return type.warms || RESOURCE_TYPES.some((other) => other.warms && other.refersTo === type.typeUrl);
}
