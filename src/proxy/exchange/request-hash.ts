// The hash of one request: computed when a load balancer reads it first, the same for all of its attempts.
import type { Random } from '../../base/random.ts';
import { Word64 } from '../../base/word64.ts';
import type { CookieHashSpec } from '../../model/hash-policy-spec.ts';
import { callerAddress } from '../codec/caller-address.ts';
import { renderCookie } from '../codec/cookie.ts';
import type { RequestHead } from '../codec/head.ts';
import type { HashedRequest, HashPolicies } from '../route/hash-policies.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** One object an exchange, for all of its requests that are hashed. */
export class RequestHash implements HashedRequest {
  readonly #record: ExchangeRecord;
  readonly #random: Random;
  readonly #ownAddress: string;
  readonly #hash = new Word64();
  #policies: HashPolicies | null = null;
  #head: RequestHead | null = null;
  #known: 'not yet' | 'yes' | 'none' = 'none';
  /** Value of the Set-Cookie field that the answer gets; '' = none. */
  newCookie = '';

  constructor(record: ExchangeRecord, { random, ownAddress }: ExchangeContext) {
    this.#record = record;
    this.#random = random;
    this.#ownAddress = ownAddress;
  }

  get head(): RequestHead {
    return this.#head as RequestHead;
  }

  get client(): string | null {
    return callerAddress(this.#record.downstreamRemote, this.#ownAddress);
  }

  begin(policies: HashPolicies, head: RequestHead): void {
    this.#policies = policies;
    this.#head = head;
    this.#known = 'not yet';
    this.newCookie = '';
  }

  /** The request is over. */
  end(): void {
    this.#head = null;
    this.#known = 'none';
    this.newCookie = '';
  }

  /** Null = there is nothing to hash. */
  get value(): Word64 | null {
    if (this.#known === 'not yet') {
      this.#known = (this.#policies as HashPolicies).compute(this, this.#hash) ? 'yes' : 'none';
    }
    return this.#known === 'yes' ? this.#hash : null;
  }

  /** A value for each caller: many of them may share one connection, through a gateway. */
  makeCookie(spec: CookieHashSpec): string {
    const value = this.#half() + this.#half();
    this.newCookie = renderCookie(spec, value);
    return value;
  }

  #half(): string {
    return Math.floor(this.#random.next() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }
}
