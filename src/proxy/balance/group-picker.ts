// @hot
// Chooses one of several groups of endpoints, then an endpoint of it; another group where nothing untried is left in the first.
import { type Random, randomBelow } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { EdfSchedule } from '../lb/edf-schedule.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

export interface GroupChooser {
  /** Index of a group. */
  choose(context: PickContext): number;
}

/** By percent: by the hash of the request where it has one, so that equal requests stay together, else by chance. */
export class PercentChooser implements GroupChooser {
  readonly #upTo: readonly number[];
  readonly #random: Random;
  readonly #byHash: boolean;

  /** As many as groups, 100 in all. */
  constructor(percents: readonly number[], random: Random, byHash: boolean) {
    let sum = 0;
    this.#upTo = percents.map((percent) => {
      sum += percent;
      return sum;
    });
    this.#random = random;
    this.#byHash = byHash;
  }

  choose(context: PickContext): number {
    const hash = this.#byHash ? (context.hash ?? null) : null;
    const drawn = hash === null ? randomBelow(this.#random, 100) : hash.modulo(100);
    const upTo = this.#upTo;
    let index = 0;
    while (index < upTo.length - 1 && drawn >= (upTo[index] as number)) index += 1;
    return index;
  }
}

/** By weight, in turns that are spread evenly. */
export class TurnChooser implements GroupChooser {
  readonly #intervals: Float64Array;
  readonly #schedule: EdfSchedule;

  /** One for each group, > 0. */
  constructor(weights: readonly number[], random: Random) {
    this.#intervals = Float64Array.from(weights, (weight) => 1 / weight);
    this.#schedule = new EdfSchedule(this.#intervals.map((interval) => interval * random.next()));
  }

  choose(): number {
    const index = this.#schedule.next;
    this.#schedule.advance(this.#intervals[index] as number);
    return index;
  }
}

export class GroupPicker implements Picker {
  readonly #pickers: readonly Picker[];
  readonly #chooser: GroupChooser;

  /** At least one picker. The chooser may never choose some of them: those are for retries. */
  constructor(pickers: readonly Picker[], chooser: GroupChooser) {
    this.#pickers = pickers;
    this.#chooser = chooser;
  }

  pick(context: PickContext): Endpoint | null {
    const index = this.#chooser.choose(context);
    const endpoint = (this.#pickers[index] as Picker).pick(context);
    if (endpoint !== null && !context.wasTried(endpoint)) return endpoint;
    return this.#pickElsewhere(index, endpoint, context);
  }

  #pickElsewhere(except: number, otherwise: Endpoint | null, context: PickContext): Endpoint | null {
    let found = otherwise;
    for (let index = 0; index < this.#pickers.length; index += 1) {
      if (index === except) continue;
      const endpoint = (this.#pickers[index] as Picker).pick(context);
      if (endpoint === null) continue;
      if (!context.wasTried(endpoint)) return endpoint;
      found ??= endpoint;
    }
    return found;
  }
}
