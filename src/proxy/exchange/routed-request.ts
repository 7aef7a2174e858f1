// @hot
// Where one request goes: its route, its destination, and what they change in its head and in that of its answer.
import type { Random } from '../../base/random.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { Destination, WeightedDestinations } from '../route/destination.ts';
import type { FieldChanges } from '../route/field-changes.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import { renderChangedFields } from './changed-response.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** One object an exchange, for all of its requests. */
export class RoutedRequest {
  readonly #random: Random;
  readonly #record: ExchangeRecord;
  #entry: RouteEntry | null = null;
  #destination: Destination | null = null;

  constructor(random: Random, record: ExchangeRecord) {
    this.#random = random;
    this.#record = record;
  }

  /** Null = its route is not known, or answers by itself. */
  get destination(): Destination | null {
    return this.#destination;
  }

  /** Of its route; 0 = none. */
  get timeoutMs(): number {
    return this.#entry === null ? 0 : this.#entry.timeoutMs;
  }

  /** What the route changes in answers; null = nothing. */
  get responseChanges(): FieldChanges | null {
    return this.#destination === null ? null : this.#destination.response;
  }

  /** A request begins whose route is not known. */
  clear(): void {
    this.#entry = null;
    this.#destination = null;
  }

  take(entry: RouteEntry): void {
    this.#entry = entry;
    this.#record.route = entry.name;
  }

  /** Of a route that does not answer by itself. */
  choose(entry: RouteEntry): Destination {
    const destination = entry.destination ?? (entry.weighted as WeightedDestinations).choose(this.#random);
    this.#destination = destination;
    this.#record.upstreamCluster = destination.slot.name;
    return destination;
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
