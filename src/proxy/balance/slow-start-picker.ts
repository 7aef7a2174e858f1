// @hot
// Slow start on top of any algorithm: what falls to an endpoint that is new is given to it as often as its age allows, and else chosen again.
import type { Random } from '../../base/random.ts';
import type { Word64 } from '../../base/word64.ts';
import type { SlowStartSpec } from '../../model/balancing-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker, PickerContext } from '../lb/load-balancer.ts';

/** Choices for one request; beyond them the last one stands. Nine of ten endpoints being new still leaves them 3 % too much. */
const MAX_CHOICES = 16;
/** What Envoy takes the youngest for. */
const MIN_AGE_MS = 1_000;

/** Since when an endpoint is new: it came, or was healthy again; or its last ejection ended. */
export type NewSince = 'healthySinceMs' | 'returnedAtMs';

export class SlowStartPicker implements Picker, PickContext {
  readonly #inner: Picker;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #spec: SlowStartSpec;
  readonly #newSince: NewSince;
  readonly #oldestMs: number;
  /** Until then somebody is new; 0 = nobody is any more, and this costs a comparison. */
  #coldUntilMs: number;
  /** Of the request that is being picked for. */
  #context: PickContext;
  /** Endpoints that it was not given to; by hash only, as its own endpoint would be chosen again. */
  readonly #refused: Endpoint[] = [];

  constructor(
    inner: Picker,
    endpoints: readonly Endpoint[],
    spec: SlowStartSpec,
    context: PickerContext,
    newSince: NewSince,
  ) {
    this.#inner = inner;
    this.#random = context.random;
    this.#now = context.now;
    this.#spec = spec;
    this.#newSince = newSince;
    this.#context = this;
    const since = endpoints.map((endpoint) => endpoint[newSince]);
    this.#oldestMs = since.reduce((oldest, ms) => Math.min(oldest, ms), Number.POSITIVE_INFINITY);
    const youngestMs = since.reduce((youngest, ms) => Math.max(youngest, ms), Number.NEGATIVE_INFINITY);
    // Where all are equally new there is nobody to spare them.
    this.#coldUntilMs = youngestMs === this.#oldestMs ? 0 : youngestMs + spec.windowMs;
  }

  get hash(): Word64 | null {
    return this.#context.hash ?? null;
  }

  wasTried(endpoint: Endpoint): boolean {
    return this.#context.wasTried(endpoint) || this.#refused.includes(endpoint);
  }

  pick(context: PickContext): Endpoint | null {
    if (this.#coldUntilMs === 0) return this.#inner.pick(context);
    const nowMs = this.#now();
    if (nowMs >= this.#coldUntilMs) {
      this.#coldUntilMs = 0;
      return this.#inner.pick(context);
    }
    this.#context = context;
    const endpoint = this.#pickWarm(context, nowMs);
    this.#context = this;
    this.#refused.length = 0;
    return endpoint;
  }

  #pickWarm(context: PickContext, nowMs: number): Endpoint | null {
    const hash = context.hash ?? null;
    const most = this.#share(this.#oldestMs, nowMs);
    let first: Endpoint | null = null;
    for (let choice = 0; choice < MAX_CHOICES; choice += 1) {
      const endpoint = this.#inner.pick(this);
      // Nobody else is left.
      if (endpoint === null || this.wasTried(endpoint)) return first ?? endpoint;
      const share = this.#share(endpoint[this.#newSince], nowMs) / most;
      if (share >= 1 || (hash === null ? this.#random.next() : lotOf(hash, endpoint)) < share) return endpoint;
      first ??= endpoint;
      if (hash !== null) this.#refused.push(endpoint);
    }
    return first;
  }

  /** What an endpoint gets of its full share, up to 1. */
  #share(sinceMs: number, nowMs: number): number {
    const { windowMs, aggression, minWeightPercent } = this.#spec;
    const age = Math.min(1, Math.max(MIN_AGE_MS, nowMs - sinceMs) / windowMs);
    const grown = aggression === 1 ? age : age ** (1 / aggression);
    return Math.max(minWeightPercent / 100, grown);
  }
}

/**
 * A number in [0, 1) for each key and endpoint: a key that has gone over to a new endpoint stays there as its share grows, and with another
 * endpoint the same key has another lot.
 */
function lotOf(hash: Word64, endpoint: Endpoint): number {
  const { address } = endpoint;
  let mixed = hash.high ^ Math.imul(hash.low, 0x9e3779b1);
  for (let at = 0; at < address.length; at += 1) mixed = Math.imul(mixed ^ address.charCodeAt(at), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 0x1_0000_0000;
}
