// @hot
// Consistent hashing over a ring or a table: equal requests go to the same endpoint, and to the same other one when that was tried or is full.
import type { Random } from '../../base/random.ts';
import { Word64 } from '../../base/word64.ts';
import { DEFAULT_HASHING } from '../../model/balancing-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { HashPlaces, Placed } from './hash-places.ts';
import type { PickContext, Picker, PickerContext } from './load-balancer.ts';
import { untriedOrAny } from './untried.ts';

export class HashingPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #placed: readonly Placed[];
  readonly #places: HashPlaces;
  readonly #random: Random;
  readonly #load: { readonly requestsActive: number };
  /** Percent of the average; 0 = without bound. */
  readonly #balanceFactor: number;
  readonly #drawn = new Word64();

  /** At least one endpoint, and `placed` for each. */
  constructor(endpoints: readonly Endpoint[], placed: readonly Placed[], places: HashPlaces, context: PickerContext) {
    this.#endpoints = endpoints;
    this.#placed = placed;
    this.#places = places;
    this.#random = context.random;
    this.#load = context.load;
    this.#balanceFactor = (context.spec.hashing ?? DEFAULT_HASHING).balanceFactor;
  }

  pick(context: PickContext): Endpoint {
    const hash = context.hash ?? this.#draw();
    const place = this.#places.find(hash);
    const owner = this.#places.owners[place] as number;
    const endpoint = this.#endpoints[owner] as Endpoint;
    if (context.wasTried(endpoint)) return this.#nextUntried(place, context);
    if (this.#balanceFactor === 0 || this.#overload(owner) <= 1) return endpoint;
    return this.#withRoom(owner, hash, context);
  }

  /** The owner of the next place that was not tried: who would own this one without those that were. */
  #nextUntried(from: number, context: PickContext): Endpoint {
    const { owners } = this.#places;
    const count = owners.length;
    let last = owners[from] as number;
    for (let step = 1; step < count; step += 1) {
      const place = from + step;
      const owner = owners[place < count ? place : place - count] as number;
      if (owner === last) continue;
      last = owner;
      const endpoint = this.#endpoints[owner] as Endpoint;
      if (!context.wasTried(endpoint)) return endpoint;
    }
    // A very light one may own no place at all.
    return untriedOrAny(this.#endpoints, context, this.#random);
  }

  /** What an endpoint has in work, as a multiple of what it may have: its share of all that is in work, times the factor, rounded up. */
  #overload(index: number): number {
    const slots = Math.floor(((this.#load.requestsActive + 1) * this.#balanceFactor + 99) / 100);
    const share = (this.#placed[index] as Placed).share;
    return (this.#endpoints[index] as Endpoint).activeRequests / Math.max(1, Math.ceil(slots * share));
  }

  /**
   * The first with room, or else the least overloaded, in an order that depends on the hash alone and is another for each: else what
   * overflows from one would fall upon its neighbour. Source: J. Chen and others, "Revisiting Consistent Hashing with Bounded Loads", 2020.
   */
  #withRoom(owner: number, hash: Word64, context: PickContext): Endpoint {
    const count = this.#endpoints.length;
    const stride = coprimeStride(hash.high, count);
    let index = hash.low % count;
    let best = owner;
    let least = this.#overload(owner);
    for (let step = 0; step < count; step += 1) {
      const endpoint = this.#endpoints[index] as Endpoint;
      const overload = this.#overload(index);
      if (overload < least && !context.wasTried(endpoint)) {
        if (overload <= 1) return endpoint;
        best = index;
        least = overload;
      }
      index = (index + stride) % count;
    }
    return this.#endpoints[best] as Endpoint;
  }

  #draw(): Word64 {
    this.#drawn.set(this.#random.next() * 0x1_0000_0000, this.#random.next() * 0x1_0000_0000);
    return this.#drawn;
  }
}

/** Steps of this size visit each of `count` once. */
function coprimeStride(seed: number, count: number): number {
  if (count < 3) return 1;
  let stride = 1 + (seed % (count - 1));
  while (greatestCommonDivisor(stride, count) !== 1) stride = stride + 1 === count ? 1 : stride + 1;
  return stride;
}

function greatestCommonDivisor(left: number, right: number): number {
  while (right !== 0) {
    const rest = left % right;
    left = right;
    right = rest;
  }
  return left;
}
