// @hot
// Peak EWMA: of two endpoints drawn by chance the one that will be done first, by its latency lately and what it has in work.
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { UNKNOWN_LATENCY_MS } from '../endpoint/latency-estimate.ts';
import type { LoadBalancer, PickContext, Picker } from './load-balancer.ts';
import { RandomPicker } from './random.ts';
import { untriedOrAny } from './untried.ts';

class PeakEwmaPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  readonly #now: () => number;
  /** Draws by weight. */
  readonly #draw: RandomPicker;

  constructor(endpoints: readonly Endpoint[], random: Random, now: () => number) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#now = now;
    this.#draw = new RandomPicker(endpoints, random);
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return null;
    const first = this.#draw.drawIndex();
    const second = this.#drawOther(first, count);
    const left = endpoints[first] as Endpoint;
    const right = endpoints[second] as Endpoint;
    if (context.wasTried(left)) {
      return context.wasTried(right) ? untriedOrAny(endpoints, context, this.#random) : right;
    }
    if (first === second || context.wasTried(right)) return left;
    const nowMs = this.#now();
    return costOf(right, nowMs) < costOf(left, nowMs) ? right : left;
  }

  /** Another one, by weight; after a few tries, as one may outweigh all others, the next. */
  #drawOther(first: number, count: number): number {
    for (let draw = 0; draw < 3; draw += 1) {
      const index = this.#draw.drawIndex();
      if (index !== first) return index;
    }
    return first + 1 === count ? 0 : first + 1;
  }
}

/** Time until it is done with what it has and one more. */
function costOf({ latency, activeRequests }: Endpoint, nowMs: number): number {
  return (latency === null ? UNKNOWN_LATENCY_MS : latency.at(nowMs)) * (activeRequests + 1);
}

export const peakEwma: LoadBalancer = {
  name: 'peak-ewma',
  needsLatency: true,
  createPicker: (endpoints, { random, now }) => new PeakEwmaPicker(endpoints, random, now), // alloc-ok: update time
};
