// @hot
// Where one request goes: its route, its destination, the filters on its way, and what they change in its head and in that of its answer.
import { callerAddress } from '../codec/caller-address.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import { FilterRun, type FilterRunOwner, type FilterVerdict, PASSED } from '../filter/filter-run.ts';
import type { HttpFilters } from '../filter/http-filters.ts';
import type { ResponsePace } from '../filter/response-pace.ts';
import type { CallDuration } from '../route/call-duration.ts';
import type { ConfiguredAnswer } from '../route/configured-answer.ts';
import type { Destination, WeightedDestinations } from '../route/destination.ts';
import { type FieldEdit, inTurn } from '../route/field-changes.ts';
import { RequestChanges } from '../route/request-changes.ts';
import type { RetryPolicy } from '../route/retry-policy.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { tellingAttempts } from './attempt-headers.ts';
import { beginSession } from './begin-session.ts';
import type { CallerWishes } from './caller-wishes.ts';
import { renderChangedFields } from './changed-response.ts';
import type { EnvoyHeaders } from './envoy-headers.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { OtherStatus } from './local-reply.ts';
import { RequestCopies } from './request-copies.ts';
import type { Router } from './router.ts';
import type { SessionCall } from './session-call.ts';

/** One object an exchange, for all of its requests. */
export class RoutedRequest {
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;
  #entry: RouteEntry | null = null;
  #destination: Destination | null = null;
  #session: SessionCall | null = null;
  /** Made for the first request that has filters. */
  #run: FilterRun | null = null;
  /** The request in work has filters. */
  #filtered = false;
  /** What its caller asks for; null = that does not count. */
  #wishes: CallerWishes | null = null;

  constructor(context: ExchangeContext, record: ExchangeRecord) {
    this.#context = context;
    this.#record = record;
  }

  /** Null = it is not known. */
  get entry(): RouteEntry | null {
    return this.#entry;
  }

  /** Null = its route is not known, or answers by itself. */
  get destination(): Destination | null {
    return this.#destination;
  }

  /** The status of a session that is lost; null = the usual one. */
  get sessionFailure(): OtherStatus | null {
    return this.#session === null ? null : this.#session.policy.failure;
  }

  /** Of its route; 0 = none. */
  get timeoutMs(): number {
    if (this.#wishes !== null) return this.#wishes.timeoutMs;
    return this.#entry === null ? 0 : this.#entry.timeoutMs;
  }

  /** What its route says of the call as a whole; null = nothing. Its route is known. */
  get duration(): CallDuration | null {
    return this.#wishes === null ? (this.#entry as RouteEntry).duration : this.#wishes.duration;
  }

  /** Its route is known. */
  get retry(): RetryPolicy {
    return this.#wishes === null ? (this.#entry as RouteEntry).retry : this.#wishes.retry;
  }

  /** What changes in answers of the pod, and of the sidecar instead of it; null = nothing. */
  get answerEdit(): FieldEdit | null {
    const route = this.#destination === null ? null : this.#destination.response;
    const changes = this.#session === null ? route : this.#session.answerChanges(route);
    const edit = this.#filtered ? (this.#run as FilterRun).answerEdit(changes) : changes;
    const counts = this.#destination !== null && this.#entry?.countsForCallers === true;
    const { exhausted, attempts } = this.#record;
    if (exhausted === '' && !counts) return edit;
    return tellingAttempts(edit, counts ? attempts : 0, exhausted !== '');
  }

  /** The same for an answer that its route or a filter gives. */
  editOf({ fields }: ConfiguredAnswer): FieldEdit | null {
    return this.#filtered ? (this.#run as FilterRun).answerEdit(fields) : fields;
  }

  /** Where a filter has answered. */
  get filters(): FilterRun {
    return this.#run as FilterRun;
  }

  /** Of its answer; null = that is passed on as it comes. */
  get pace(): ResponsePace | null {
    return this.#filtered ? (this.#run as FilterRun).pace : null;
  }

  /** A request begins whose route is not known. */
  clear(): void {
    this.#entry = null;
    this.#destination = null;
    this.#session = null;
    this.#wishes = null;
  }

  /** Its caller may say how it is tried, and how long. Its route is known. */
  hear(headers: EnvoyHeaders, head: RequestHead): void {
    const { downstreamRemote } = this.#record;
    const address = callerAddress(downstreamRemote, this.#context.ownAddress);
    this.#wishes = headers.hear(head, this.#entry as RouteEntry, downstreamRemote, address);
  }

  /** It has come whole. */
  noteEnd(): void {
    if (this.#wishes !== null) this.#wishes.noteEnd(this.#context.clock.now());
  }

  /** The request is over. `answered`: its answer has been sent whole. */
  end(answered: boolean): void {
    if (!this.#filtered) return;
    this.#filtered = false;
    (this.#run as FilterRun).end(answered);
  }

  /** Sends it through those filters that its route does not leave out. */
  filter(filters: HttpFilters, head: RequestHead, owner: FilterRunOwner): FilterVerdict {
    const destination = this.#destination;
    const overrides = destination === null ? (this.#entry?.filters ?? null) : destination.filters;
    const list = filters.of(overrides);
    if (list === null) return PASSED;
    const { clock } = this.#context;
    this.#run ??= new FilterRun(owner, this.#record, clock); // alloc-ok: once an exchange that has filters
    this.#filtered = true;
    return this.#run.begin(list, head, destination === null ? '' : destination.slot.name);
  }

  /** Where its requests go is decided now: filters go by that. */
  take(entry: RouteEntry, head: RequestHead): void {
    this.#entry = entry;
    this.#record.route = entry.name;
    if (entry.answer !== null) return;
    if (entry.sessions !== null) this.#begin(entry.sessions, head);
    const destination = entry.destination ?? this.#chooseAmong(entry.weighted as WeightedDestinations);
    this.#destination = destination;
    this.#record.upstreamCluster = destination.slot.name;
  }

  /** Of the request, which filters have let go on; null = it belongs to none. */
  #sessionOf(head: RequestHead): SessionCall | null {
    const policy = this.#filtered ? (this.#run as FilterRun).session : null;
    if (policy !== null && this.#session === null) this.#begin(policy, head);
    return this.#session;
  }

  /** What is in a tunnel has a session of its own. */
  #begin(sessions: SessionPolicy, head: RequestHead): void {
    const { clock, random } = this.#context;
    this.#session = head.isConnect ? null : beginSession(sessions, head, clock.wallNow(), random);
  }

  #chooseAmong(weighted: WeightedDestinations): Destination {
    const kept = this.#session === null ? null : this.#session.destinationIn(weighted);
    return kept ?? weighted.choose(this.#context.random);
  }

  /** Tells `router` what it has to know of the request that goes to `cluster` next, with the head that was made of it. */
  equip(router: Router, cluster: Cluster, head: RequestHead, changedHead: string): void {
    const { hashing, priority, mirrors, timeoutMs, countsForEndpoints } = this.#entry as RouteEntry;
    router.subset = (this.#destination as Destination).subset;
    router.session = this.#sessionOf(head);
    router.priority = priority;
    if (mirrors !== null && !head.upgrade) {
      const { extraRequestFields: extra } = this.#record;
      // alloc-ok: a request that is mirrored
      router.copies = RequestCopies.begin(mirrors, { head, changedHead, extra, timeoutMs }, this.#context.random);
    }
    router.countsAttempts = countsForEndpoints;
    router.wishes = this.#wishes;
    if (hashing !== null && cluster.needsHash) router.hashBy(hashing, head);
  }

  /** The head as its route wants it; '' = as it came, `null` = it cannot be sent. */
  changeHead(head: RequestHead): string | null {
    const changes = (this.#destination as Destination).request;
    const filters = this.#filtered ? (this.#run as FilterRun).requestEdit : null;
    const first = this.#wishes === null ? filters : inTurn(this.#wishes, filters);
    if (changes === null && first === null) return '';
    const madeId = this.#record.extraRequestFields === '' ? '' : this.#record.requestId;
    return (changes ?? RequestChanges.none()).render(head, madeId, first);
  }

  /** The lines of the answer as its route wants them, with a cookie ('' = none); null = as they came. */
  changeAnswer(head: ResponseHead, newCookie: string, oldCaller: boolean): string | null {
    const edit = this.answerEdit;
    const changes = this.#wishes === null ? edit : this.#wishes.answerEdit(edit, this.#context.clock.now());
    return changes === null && newCookie === '' ? null : renderChangedFields(changes, newCookie, head, oldCaller);
  }
}
