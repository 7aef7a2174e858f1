// @hot
// Weighted round robin: each endpoint comes up as often as its weight says, as evenly spread as that allows (earliest deadline first).
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { EdfSchedule } from './edf-schedule.ts';
import type { PickContext, Picker } from './load-balancer.ts';
import { untriedOrAny } from './untried.ts';
import { firstTurns, intervalsOf } from './weights.ts';

export class WeightedRoundRobinPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  readonly #intervals: Float64Array;
  readonly #schedule: EdfSchedule;

  /** At least one endpoint. */
  constructor(endpoints: readonly Endpoint[], random: Random) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#intervals = intervalsOf(endpoints);
    this.#schedule = new EdfSchedule(firstTurns(this.#intervals, random));
  }

  pick(context: PickContext): Endpoint {
    const endpoints = this.#endpoints;
    const schedule = this.#schedule;
    for (let turn = endpoints.length; turn > 0; turn -= 1) {
      const index = schedule.next;
      schedule.advance(this.#intervals[index] as number);
      const endpoint = endpoints[index] as Endpoint;
      if (!context.wasTried(endpoint)) return endpoint;
    }
    // A heavy one that was tried may take many turns before a light one comes up.
    return untriedOrAny(endpoints, context, this.#random);
  }
}
