// The client's side of the protocol, without its transport: what to ask for, what came, what to answer, and what does not come.
import type { JsonObject } from '@bufbuild/protobuf';
import type { Clock } from '../../base/clock.ts';
import { Deadlines } from '../../base/deadlines.ts';
import { type Issue, renderIssue } from '../../base/result.ts';
import type { Changes, DeferredConfigSink } from '../../model/config-sink.ts';
import { outboundClusterName, portRouteName } from '../../model/names.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import { SIBLINGS } from '../../model/prefetch-hints-spec.ts';
import type { ServicePortName } from '../../model/service-name-spec.ts';
import { encodeNode, type GivenNode } from '../node.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { ENDPOINT_TYPE } from '../resources/endpoint.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import { PREFETCH_HINTS_TYPE } from '../resources/prefetch-hints.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { ROUTE_TYPE } from '../resources/route.ts';
import { SERVICE_NAME_TYPE } from '../resources/service-name.ts';
import type { ClientCodec, Delivery } from './client-codec.ts';
import {
  clustersOfListeners,
  clustersOfRoutes,
  createHeldTypes,
  createOnDemandTypes,
  type FileScope,
  owedWhole,
} from './file-scope.ts';
import { type HeldResource, type HeldType, type MissingReason, WILDCARD } from './held-type.ts';
import { merge, takeBack, unusable } from './merge-reading.ts';
import { type Reading, readDelivery } from './read-delivery.ts';

/** google.rpc.Code.INVALID_ARGUMENT: what a NACK carries. */
const INVALID_ARGUMENT = 3;
/** A NACK tells at most this many issues, and how many more there are. */
const MAX_NACK_ISSUES = 100;

export interface SubscriberOptions {
  readonly node: NodeIdentity | GivenNode;
  readonly metadata: JsonObject;
  readonly sink: DeferredConfigSink;
  readonly codec: ClientCodec;
  /** Absent: everything is asked for, or where the node says so what is dialled. */
  readonly scope?: FileScope;
  /** Who holds what is dialled asks for what its siblings hold, before the names. */
  readonly prefetch?: boolean;
  readonly clock: Clock;
  /** What was asked for and does not come within this time is treated as not existing, ms; 0 = it is waited for. */
  readonly fetchTimeoutMs: number;
  /** Time alone has changed something. */
  readonly onTimeout: (outcome: Outcome) => void;
}

/** What follows from a response, or from the lack of one. */
export interface Outcome {
  readonly type: HeldType['type'];
  /** To be sent, in this order, if a stream is open: the next one begins with all of it anyway. */
  readonly requests: readonly Buffer[];
  /** What was refused and why. */
  readonly issues: readonly Issue[];
  /** What is newly treated as not existing. */
  readonly missing: readonly { readonly name: string; readonly reason: MissingReason }[];
  /** Where the sink answers later: what follows from that, the ACK or NACK among it. Others are not waited for meanwhile. */
  readonly later?: Promise<Outcome>;
}

type SinkAnswer = readonly Issue[] | Promise<readonly Issue[]>;

/** A reading that is held, and that the sink may still refuse. */
interface Taken {
  readonly follow: readonly Buffer[];
  readonly answer: SinkAnswer;
  readonly takeBack: (issues: readonly Issue[]) => void;
}

/** What else than Services' own names tells which clusters are wanted. */
const LEADS_TO_CLUSTERS: readonly AnyResourceType[] = [LISTENER_TYPE, ROUTE_TYPE];

interface Timers {
  /** Asked for on this stream, and not answered. */
  readonly awaited: Deadlines;
  /** Held for a limited time. */
  readonly expiries: Deadlines;
}

const NOTHING_READ: Reading = {
  upserted: [],
  restamped: [],
  removed: [],
  absent: [],
  refused: [],
  unchanged: [],
  ttls: new Map(),
  issues: [],
};

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #onDemand: boolean;
  readonly #types: ReadonlyMap<string, HeldType>;
  readonly #timers: ReadonlyMap<HeldType, Timers>;
  /** What the sink refused → what was held before it. */
  readonly #refused = new WeakMap<HeldResource, HeldResource | undefined>();
  /** How many have begun. */
  #streams = 0;

  constructor(options: SubscriberOptions) {
    const { clock } = options;
    this.#options = options;
    this.#onDemand = 'onDemand' in options.node && options.node.onDemand === true;
    const types = this.#onDemand ? createOnDemandTypes() : createHeldTypes(options.scope);
    this.#types = new Map(types.map((held) => [held.type.typeUrl, held]));
    this.#timers = new Map(
      this.types.map((held) => [
        held,
        {
          awaited: new Deadlines(clock, (names) => this.#onLate(held, names)),
          expiries: new Deadlines(clock, (names) => this.#onExpired(held, names)),
        },
      ]),
    );
  }

  /** In push order. */
  get types(): readonly HeldType[] {
    return [...this.#types.values()];
  }

  /** The requests that begin a stream: everything that is wanted by now, with what is held from earlier streams. */
  begin(): Buffer[] {
    const { codec, node, metadata } = this.#options;
    this.#streams += 1;
    for (const held of this.types) held.nonce = '';
    const wanted = this.types.filter((held) => held.names === null || held.names.size > 0);
    for (const held of wanted) this.#await(held, held.unanswered());
    return wanted.map((held, index) => codec.begin(held, index === 0 ? encodeNode(node, metadata) : null));
  }

  /** The stream has ended: nothing is late for as long as nobody can be asked. Times to live go on. */
  end(): void {
    for (const { awaited } of this.#timers.values()) awaited.clear();
  }

  /** Ends every timer. */
  close(): void {
    this.end();
    for (const { expiries } of this.#timers.values()) expiries.clear();
  }

  /** Applies what is good and answers: an ACK or NACK, and subscriptions that follow from what came. Null: nobody asked for that type. */
  receive(delivery: Delivery): Outcome | null {
    const held = this.#types.get(delivery.typeUrl);
    if (held === undefined) return null;
    const reading = readDelivery(held, delivery, this.#options.clock.wallNow());
    const isFirst = held.names === null && !held.answered;
    held.answered = true;
    const { follow, answer, takeBack } = this.#take(held, reading, isFirst);
    const missing = this.#note(held, reading.absent, 'does-not-exist');
    missing.push(...this.#noteGone(held, reading.removed, 'does-not-exist'));
    this.#time(held, reading);
    const stream = this.#streams;
    const conclude = (sinkIssues: readonly Issue[]): Outcome => {
      takeBack(sinkIssues);
      const issues = [...reading.issues, ...sinkIssues];
      const requests = this.#answer(held, delivery, issues, stream);
      return { type: held.type, requests, issues, missing: [] };
    };
    if (isLater(answer)) {
      const requests = [...follow, ...this.#endHints(held), ...this.#askWhole(held.type)];
      return { type: held.type, requests, issues: [], missing, later: answer.then(conclude) };
    }
    const { issues, requests: answers } = conclude(answer);
    const requests = [...answers, ...follow, ...this.#endHints(held), ...this.#askWhole(held.type)];
    return { type: held.type, requests, issues, missing };
  }

  /** Asks for all that Service ports need, at once: its names are known before any of it has come. What is asked for already is not again. */
  subscribe(ports: readonly ServicePortName[]): Buffer[] {
    const demands = ports.flatMap(({ host, port }) => this.#demands(host, port));
    for (const [held, name] of demands) held.demanded.add(name);
    const types = new Set(demands.map(([held]) => held));
    return [...types].flatMap((held) => this.#rewant(held)?.request ?? []);
  }

  /** What nothing else refers to is gone from the sink before this returns. */
  unsubscribe(ports: readonly ServicePortName[]): Buffer[] {
    const demands = ports.flatMap(({ host, port }) => this.#demands(host, port));
    for (const [held, name] of demands) held.demanded.delete(name);
    // Routes first: they tell which clusters are wanted still, and these which endpoints.
    return this.#rewantAll([ROUTE_TYPE, CLUSTER_TYPE, ENDPOINT_TYPE]);
  }

  /** What is not wanted any more is gone from the sink before this returns. */
  #rewantAll(types: readonly { readonly typeUrl: string }[]): Buffer[] {
    const requests: Buffer[] = [];
    let changes: Changes = {};
    for (const { typeUrl } of types) {
      const held = this.#types.get(typeUrl);
      if (held === undefined) continue;
      if (held.type === CLUSTER_TYPE) this.#listClusters(held);
      const change = this.#rewant(held);
      if (change === null) continue;
      requests.push(change.request);
      if (change.dropped.length === 0) continue;
      changes = { ...changes, ...held.type.toChanges({ upserted: [], removed: change.dropped }) };
    }
    if (Object.keys(changes).length > 0) this.#options.sink.apply(changes);
    return requests;
  }

  #listClusters(clusters: HeldType): void {
    if (!this.#onDemand) return;
    clusters.listed = new Set(clustersOfListeners(this.#types));
    clusters.routed = clustersOfRoutes(this.#types);
  }

  /** ACK or NACK; none where the stream that brought the response has ended. */
  #answer(held: HeldType, { nonce, version }: Delivery, issues: readonly Issue[], stream: number): readonly Buffer[] {
    if (issues.length === 0) held.acceptedVersion = version;
    if (stream !== this.#streams) return [];
    // Not before: a request of state-of-the-world that names it is the answer.
    held.nonce = nonce;
    return [this.#options.codec.answer(held, issues.length === 0 ? null : nack(issues))];
  }

  /** Makes a reading what is held, and what the data plane has. */
  #take(held: HeldType, reading: Reading, isFirst = false): Taken {
    const before = new Map(reading.upserted.map(({ name }) => [name, held.held.get(name)]));
    merge(held, reading);
    const follower = this.#follow(held);
    const answer = this.#apply(held, reading, follower?.dropped ?? [], isFirst);
    return {
      follow: follower === null ? [] : [follower.request],
      answer,
      takeBack: (issues) => takeBack(held, reading, before, this.#refused, issues, this.#options.clock.wallNow()),
    };
  }

  /** Asks for what the resources of `held` refer to, where that has changed. */
  #follow(held: HeldType): { readonly request: Buffer; readonly dropped: readonly string[] } | null {
    const target = this.#types.get(held.type.refersTo ?? '');
    return target === undefined ? null : this.#rewant(target);
  }

  /** Asks for what is referred to and what is dialled, where that has changed; never where everything is held. */
  #rewant(target: HeldType): { readonly request: Buffer; readonly dropped: readonly string[] } | null {
    const { typeUrl } = target.type;
    const referring = this.types.find(({ type }) => type.refersTo === typeUrl);
    if (referring === undefined && target.names === null) return null;
    const names = new Set([...target.demanded, ...target.listed, ...target.routed, ...(referring?.references() ?? [])]);
    if (target.names !== null && sameSet(names, target.names)) return null;
    const { added, gone, dropped } = target.want(names);
    const timers = this.#timers.get(target);
    for (const name of gone) {
      timers?.awaited.delete(name);
      timers?.expiries.delete(name);
    }
    this.#await(target, added);
    return { request: this.#options.codec.change(target, added, gone), dropped };
  }

  /** `isFirst`: of what was asked for whole, so that also nothing is news. */
  #apply(held: HeldType, reading: Reading, droppedReferences: readonly string[], isFirst = false): SinkAnswer {
    const upserted = reading.upserted.map((resource) => resource.spec);
    const removed = [...reading.removed, ...reading.absent, ...unusable(held, reading)];
    let changes: Changes = {};
    if (isFirst || upserted.length + removed.length > 0) changes = held.type.toChanges({ upserted, removed });
    const target = this.#types.get(held.type.refersTo ?? '');
    if (droppedReferences.length > 0 && target !== undefined) {
      changes = { ...changes, ...target.type.toChanges({ upserted: [], removed: droppedReferences }) };
    }
    return Object.keys(changes).length === 0 ? [] : this.#options.sink.apply(changes);
  }

  #demands(host: string, port: number): readonly (readonly [HeldType, string])[] {
    const cluster = outboundClusterName(port, host);
    const names = [
      [CLUSTER_TYPE, cluster],
      [ENDPOINT_TYPE, cluster],
      [ROUTE_TYPE, portRouteName(port, host)],
    ] as const;
    return names.flatMap(([{ typeUrl }, name]) => {
      const held = this.#types.get(typeUrl);
      return held === undefined ? [] : [[held, name] as const];
    });
  }

  /** Listeners tell what else there is to ask for. */
  #askWhole(type: AnyResourceType): Buffer[] {
    if (!this.#onDemand) return [];
    return [...this.#askWholeTypes(), ...(LEADS_TO_CLUSTERS.includes(type) ? this.#askListed() : [])];
  }

  /** Who holds what is dialled has no other reason to ask for the clusters that listeners and routes name. */
  #askListed(): Buffer[] {
    const clusters = this.#types.get(CLUSTER_TYPE.typeUrl);
    return clusters === undefined || clusters.names === null ? [] : this.#rewantAll([CLUSTER_TYPE, ENDPOINT_TYPE]);
  }

  #askWholeTypes(): Buffer[] {
    return owedWhole(this.#types).flatMap((held) => {
      const hints = held.type === SERVICE_NAME_TYPE ? this.#askHints() : [];
      const request = held.wantAll();
      this.#await(held, held.unanswered());
      const { codec } = this.#options;
      return [...hints, request === 'begin' ? codec.begin(held, null) : codec.change(held, [WILDCARD], [])];
    });
  }

  /** Asked before the names are, they are answered before: who is told names first is not told hints. */
  #askHints(): Buffer[] {
    const hints = this.#types.get(PREFETCH_HINTS_TYPE.typeUrl);
    if (hints === undefined || this.#options.prefetch !== true) return [];
    hints.demanded.add(SIBLINGS);
    const change = this.#rewant(hints);
    return change === null ? [] : [change.request];
  }

  /** They are wanted once; on a stream that begins later nobody needs them. */
  #endHints({ type }: HeldType): Buffer[] {
    const hints = this.#types.get(PREFETCH_HINTS_TYPE.typeUrl);
    if (hints === undefined || (type !== SERVICE_NAME_TYPE && type !== PREFETCH_HINTS_TYPE)) return [];
    hints.demanded.delete(SIBLINGS);
    const change = this.#rewant(hints);
    return change === null ? [] : [change.request];
  }

  /** Begins to wait for names that were asked for. */
  #await(held: HeldType, names: readonly string[]): void {
    const { fetchTimeoutMs } = this.#options;
    if (fetchTimeoutMs === 0) return;
    for (const name of names) this.#timers.get(held)?.awaited.set(name, fetchTimeoutMs);
  }

  /** Ends the waits that a response has ended, and sets times to live. */
  #time(held: HeldType, reading: Reading): void {
    const timers = this.#timers.get(held);
    if (timers === undefined) return;
    timers.awaited.delete(WILDCARD);
    for (const { name } of [...reading.upserted, ...reading.refused]) timers.awaited.delete(name);
    for (const name of [...reading.unchanged, ...reading.absent]) timers.awaited.delete(name);
    for (const name of reading.removed) timers.expiries.delete(name);
    for (const [name, ttlMs] of reading.ttls) {
      if (ttlMs === null || !held.held.has(name)) timers.expiries.delete(name);
      else timers.expiries.set(name, ttlMs);
    }
  }

  /** Keeps in mind that these do not exist; answers with those of them that are news. */
  #note(held: HeldType, names: readonly string[], reason: MissingReason): { name: string; reason: MissingReason }[] {
    const since = this.#options.clock.wallNow();
    const news = names.filter((name) => held.missing.get(name)?.reason !== reason);
    for (const name of news) held.missing.set(name, { name, reason, since });
    return news.map((name) => ({ name, reason }));
  }

  /** What is gone is missed only where it was asked for by name. */
  #noteGone(held: HeldType, names: readonly string[], reason: MissingReason) {
    return this.#note(
      held,
      names.filter((name) => held.names?.has(name) === true),
      reason,
    );
  }

  #onLate(held: HeldType, names: readonly string[]): void {
    const missing = this.#note(held, names, 'timeout');
    const absent = names.filter((name) => name !== WILDCARD);
    this.#apply(held, { ...NOTHING_READ, absent }, []);
    this.#options.onTimeout({ type: held.type, requests: [], issues: [], missing });
  }

  #onExpired(held: HeldType, names: readonly string[]): void {
    const { follow } = this.#take(held, { ...NOTHING_READ, removed: names });
    this.#noteGone(held, names, 'expired');
    const missing = names.map((name) => ({ name, reason: 'expired' as const }));
    this.#options.onTimeout({ type: held.type, requests: follow, issues: [], missing });
  }
}

function isLater(answer: SinkAnswer): answer is Promise<readonly Issue[]> {
  return 'then' in answer;
}

function nack(issues: readonly Issue[]) {
  const told = issues.slice(0, MAX_NACK_ISSUES).map(renderIssue);
  if (issues.length > MAX_NACK_ISSUES) told.push(`and ${issues.length - MAX_NACK_ISSUES} more`);
  return { code: INVALID_ARGUMENT, message: told.join('\n') };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
