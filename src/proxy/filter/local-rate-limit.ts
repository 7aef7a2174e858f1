// Lets so many requests pass in a time, and refuses the others.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { LocalRateLimitSpec } from '../../model/local-rate-limit-spec.ts';
import { FieldChanges, type FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import type { Descriptors } from './descriptors.ts';
import type { RateLimitStats } from './filter-stats.ts';
import { isChosen } from './fraction.ts';
import type { FilterAnswer, FilterCall, FilterPass, HttpFilter } from './http-filter.ts';
import type { TokenBucket } from './token-bucket.ts';

const RESOURCE_EXHAUSTED = 8;

export interface RateLimitParts {
  readonly clock: Clock;
  readonly random: Random;
  /** For all. */
  readonly bucket: TokenBucket;
  /** Null = there is no other. */
  readonly descriptors: Descriptors | null;
  readonly stats: RateLimitStats;
}

export class LocalRateLimit implements HttpFilter {
  readonly #spec: LocalRateLimitSpec;
  readonly #parts: RateLimitParts;
  readonly #answer: FilterAnswer;
  readonly #refusal: FieldEdit | null;
  readonly #unenforced: FieldEdit | null;

  constructor(spec: LocalRateLimitSpec, parts: RateLimitParts) {
    const { statPrefix, status, asResourceExhausted, refusalHeaders = [], unenforcedHeaders = [] } = spec;
    this.#spec = spec;
    this.#parts = parts;
    const grpcStatus = asResourceExhausted === true ? RESOURCE_EXHAUSTED : -1;
    const detail = `the rate limit "${statPrefix}" is used up`;
    this.#answer = { kind: 'refuse', code: 'rate_limited', detail, status, grpcStatus };
    this.#refusal = FieldChanges.compile(refusalHeaders.length === 0 ? [] : [{ add: refusalHeaders, remove: [] }]);
    this.#unenforced = FieldChanges.compile(
      unenforcedHeaders.length === 0 ? [] : [{ add: unenforcedHeaders, remove: [] }],
    );
  }

  begin(call: FilterCall): FilterPass | null {
    const { enabled, enforced, tellLimits } = this.#spec;
    const { clock, random, stats } = this.#parts;
    if (!isChosen(enabled, random)) return null;
    stats.enabled += 1;
    const { bucket, passes } = this.#take(call, clock.now());
    const told = tellLimits === true ? limitsOf(bucket) : null;
    if (passes) {
      stats.ok += 1;
      return told === null ? null : new RateLimitPass(told, null, 0);
    }
    stats.rateLimited += 1;
    if (!isChosen(enforced, random)) {
      if (this.#unenforced !== null) call.changeRequest(this.#unenforced);
      return told === null ? null : new RateLimitPass(told, null, 0);
    }
    stats.enforced += 1;
    call.answer(this.#answer);
    return new RateLimitPass(told, this.#refusal, secondsOf(bucket.waitMs));
  }

  /** Of each that it has to ask, until one has none: what it took of the others is taken. */
  #take(call: FilterCall, nowMs: number): Taken {
    const { bucket, descriptors } = this.#parts;
    if (descriptors === null) return { passes: bucket.take(nowMs), bucket };
    const special = descriptors.bucketsOf(call);
    const asked = special.length > 0 && descriptors.instead ? special : [...special, bucket];
    const empty = asked.find((one) => !one.take(nowMs));
    if (empty !== undefined) return { passes: false, bucket: empty };
    return { passes: true, bucket: asked.reduce((least, one) => (one.left < least.left ? one : least)) };
  }
}

/** What became of asking for tokens. `bucket`: the one that had none, or the one that has the least left. */
interface Taken {
  readonly passes: boolean;
  readonly bucket: TokenBucket;
}

interface Limits {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

class RateLimitPass implements FilterPass, FieldEdit {
  readonly #told: Limits | null;
  readonly #refusal: FieldEdit | null;
  /** 0 = it is no refusal. */
  readonly #retryAfterSeconds: number;

  constructor(told: Limits | null, refusal: FieldEdit | null, retryAfterSeconds: number) {
    this.#told = told;
    this.#refusal = refusal;
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  get answerEdit(): FieldEdit {
    return this;
  }

  apply(fields: FieldList): void {
    if (this.#retryAfterSeconds > 0) fields.append('retry-after', `${this.#retryAfterSeconds}`);
    this.#refusal?.apply(fields);
    if (this.#told === null) return;
    fields.append('x-ratelimit-limit', `${this.#told.limit}`);
    fields.append('x-ratelimit-remaining', `${this.#told.remaining}`);
    fields.append('x-ratelimit-reset', `${this.#told.resetSeconds}`);
  }

  onEnd(): void {}
}

function limitsOf(bucket: TokenBucket): Limits {
  const { maxTokens, left, waitMs } = bucket;
  return { limit: Math.floor(maxTokens), remaining: left, resetSeconds: Math.ceil(waitMs / 1_000) };
}

/** Whole ones, at least one: less would mean at once. */
function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
