// @hot
// Least request: of a few endpoints drawn by chance the one with the fewest requests in work; where weights differ, by weight and requests in work.
import { type Random, randomBelow } from '../../base/random.ts';
import { DEFAULT_LEAST_REQUEST } from '../../model/balancing-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { EdfSchedule } from './edf-schedule.ts';
import type { LoadBalancer, PickContext, Picker } from './load-balancer.ts';
import { untriedOrAny } from './untried.ts';
import { firstTurns, haveSameWeight, intervalsOf } from './weights.ts';

class ChoicesPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  readonly #choices: number;

  constructor(endpoints: readonly Endpoint[], random: Random, choices: number) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#choices = choices;
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return null;
    let index = randomBelow(this.#random, count);
    let best: Endpoint | null = null;
    for (let choice = 0; choice < this.#choices; choice += 1) {
      const endpoint = endpoints[index] as Endpoint;
      if ((best === null || endpoint.activeRequests < best.activeRequests) && !context.wasTried(endpoint)) {
        best = endpoint;
      }
      // Two choices are two endpoints: drawing the same one twice would be no choice.
      if (count > 1) index = (index + 1 + randomBelow(this.#random, count - 1)) % count;
    }
    return best ?? untriedOrAny(endpoints, context, this.#random);
  }
}

class FullScanPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;

  constructor(endpoints: readonly Endpoint[], random: Random) {
    this.#endpoints = endpoints;
    this.#random = random;
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return null;
    let best: Endpoint | null = null;
    let equals = 0;
    for (let index = 0; index < count; index += 1) {
      const endpoint = endpoints[index] as Endpoint;
      if (best !== null && endpoint.activeRequests > best.activeRequests) continue;
      if (context.wasTried(endpoint)) continue;
      if (best === null || endpoint.activeRequests < best.activeRequests) equals = 0;
      equals += 1;
      if (equals === 1 || randomBelow(this.#random, equals) === 0) best = endpoint;
    }
    return best ?? (endpoints[randomBelow(this.#random, count)] as Endpoint);
  }
}

/** As Envoy does it: a schedule in which an endpoint's turn comes the later, the more it has in work when it is given a request. */
class WeightedPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  readonly #bias: number;
  readonly #intervals: Float64Array;
  readonly #schedule: EdfSchedule;

  constructor(endpoints: readonly Endpoint[], random: Random, bias: number) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#bias = bias;
    this.#intervals = intervalsOf(endpoints);
    this.#schedule = new EdfSchedule(firstTurns(this.#intervals, random));
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    for (let turn = endpoints.length; turn > 0; turn -= 1) {
      const index = this.#schedule.next;
      const endpoint = endpoints[index] as Endpoint;
      this.#schedule.advance((this.#intervals[index] as number) * this.#burden(endpoint));
      if (!context.wasTried(endpoint)) return endpoint;
    }
    return untriedOrAny(endpoints, context, this.#random);
  }

  #burden(endpoint: Endpoint): number {
    const active = endpoint.activeRequests + 1;
    return this.#bias === 1 ? active : active ** this.#bias;
  }
}

export const leastRequest: LoadBalancer = {
  name: 'least-request',
  createPicker: (endpoints, { random, spec }) => {
    const { choiceCount, activeRequestBias, fullScan } = spec.leastRequest ?? DEFAULT_LEAST_REQUEST;
    if (!haveSameWeight(endpoints)) return new WeightedPicker(endpoints, random, activeRequestBias); // alloc-ok: update time
    if (fullScan) return new FullScanPicker(endpoints, random); // alloc-ok: update time
    return new ChoicesPicker(endpoints, random, choiceCount); // alloc-ok: update time
  },
};
