// @hot
// Where one request goes: its route, its destination, and what they change in its head and in that of its answer.
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { Destination, WeightedDestinations } from '../route/destination.ts';
import type { AnswerChanges } from '../route/field-changes.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import { renderChangedFields } from './changed-response.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { beginSession, type SessionCall } from './session-call.ts';

/** One object an exchange, for all of its requests. */
export class RoutedRequest {
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;
  #entry: RouteEntry | null = null;
  #destination: Destination | null = null;
  #session: SessionCall | null = null;

  constructor(context: ExchangeContext, record: ExchangeRecord) {
    this.#context = context;
    this.#record = record;
  }

  /** Null = its route is not known, or answers by itself. */
  get destination(): Destination | null {
    return this.#destination;
  }

  /** Null = it belongs to none. */
  get session(): SessionCall | null {
    return this.#session;
  }

  /** Of its route; 0 = none. */
  get timeoutMs(): number {
    return this.#entry === null ? 0 : this.#entry.timeoutMs;
  }

  /** What its route and its session change in answers; null = nothing. */
  get responseChanges(): AnswerChanges | null {
    const route = this.#destination === null ? null : this.#destination.response;
    return this.#session === null ? route : this.#session.answerChanges(route);
  }

  /** A request begins whose route is not known. */
  clear(): void {
    this.#entry = null;
    this.#destination = null;
    this.#session = null;
  }

  take(entry: RouteEntry): void {
    this.#entry = entry;
    this.#record.route = entry.name;
  }

  /** Of a route that does not answer by itself. */
  choose(entry: RouteEntry, head: RequestHead): Destination {
    const { random, clock, sessions: usual } = this.#context;
    const sessions = entry.sessions === undefined ? usual : entry.sessions;
    if (sessions !== null && !head.isConnect) this.#session = beginSession(sessions, head, clock.wallNow(), random);
    const destination = entry.destination ?? this.#chooseAmong(entry.weighted as WeightedDestinations);
    this.#destination = destination;
    this.#record.upstreamCluster = destination.slot.name;
    return destination;
  }

  #chooseAmong(weighted: WeightedDestinations): Destination {
    const kept = this.#session === null ? null : this.#session.destinationIn(weighted);
    return kept ?? weighted.choose(this.#context.random);
  }

  /** The head as its route wants it; '' = as it came, `null` = it cannot be sent. */
  changeHead(head: RequestHead): string | null {
    const changes = (this.#destination as Destination).request;
    if (changes === null) return '';
    return changes.render(head, this.#record.extraRequestFields === '' ? '' : this.#record.requestId);
  }

  /** The lines of the answer as its route wants them, with a cookie ('' = none); null = as they came. */
  changeAnswer(head: ResponseHead, newCookie: string, oldCaller: boolean): string | null {
    const changes = this.responseChanges;
    return changes === null && newCookie === '' ? null : renderChangedFields(changes, newCookie, head, oldCaller);
  }
}
