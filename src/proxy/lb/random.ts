// @hot
// Random: any endpoint, as often as its weight says (Envoy's does not look at weights).
import { type Random, randomBelow } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { AliasTable } from './alias-table.ts';
import type { LoadBalancer, PickContext, Picker } from './load-balancer.ts';
import { untriedOrAny } from './untried.ts';
import { haveSameWeight } from './weights.ts';

/** Before the rest is looked through: nearly always enough, and fair to those that are left. */
const DRAWS = 8;

export class RandomPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  /** Null = all weigh the same. */
  readonly #table: AliasTable | null;

  constructor(endpoints: readonly Endpoint[], random: Random) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#table = haveSameWeight(endpoints) ? null : new AliasTable(endpoints.map(({ spec }) => spec.weight));
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    if (endpoints.length === 0) return null;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const endpoint = endpoints[this.drawIndex()] as Endpoint;
      if (!context.wasTried(endpoint)) return endpoint;
    }
    return untriedOrAny(endpoints, context, this.#random);
  }

  /** Place of an endpoint, drawn by weight; there is at least one. */
  drawIndex(): number {
    return this.#table === null ? randomBelow(this.#random, this.#endpoints.length) : this.#table.draw(this.#random);
  }
}

export const random: LoadBalancer = {
  name: 'random',
  createPicker: (endpoints, context) => new RandomPicker(endpoints, context.random), // alloc-ok: update time
};
