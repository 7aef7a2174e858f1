// @hot
// Round robin: each endpoint in turn, beginning at a random one so that many sidecars do not march in step; by weight where weights differ.
import { type Random, randomBelow } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LoadBalancer, PickContext, Picker } from './load-balancer.ts';
import { WeightedRoundRobinPicker } from './weighted-round-robin.ts';
import { haveSameWeight } from './weights.ts';

class RoundRobinPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  #next: number;

  constructor(endpoints: readonly Endpoint[], random: Random) {
    this.#endpoints = endpoints;
    this.#next = randomBelow(random, Math.max(1, endpoints.length));
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return null;
    for (let turn = 0; turn < count; turn += 1) {
      const endpoint = this.#advance(endpoints, count);
      if (!context.wasTried(endpoint)) return endpoint;
    }
    return this.#advance(endpoints, count);
  }

  #advance(endpoints: readonly Endpoint[], count: number): Endpoint {
    const index = this.#next;
    this.#next = index + 1 === count ? 0 : index + 1;
    return endpoints[index] as Endpoint;
  }
}

export const roundRobin: LoadBalancer = {
  name: 'round-robin',
  createPicker: (endpoints, { random }) =>
    haveSameWeight(endpoints)
      ? new RoundRobinPicker(endpoints, random) // alloc-ok: update time
      : new WeightedRoundRobinPicker(endpoints, random), // alloc-ok: update time
};
