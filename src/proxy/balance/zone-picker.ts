// @hot
// Keeps to a plan of zones: so much of the requests stays in the caller's own, the rest goes to others by their room.
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';
import type { ZoneCounts } from './zone-counts.ts';
import type { ZonePlan } from './zone-plan.ts';

export interface ZonePickerParts {
  readonly plan: ZonePlan;
  /** Percent of the requests that the plan is for. */
  readonly percent: number;
  /** Of the caller's zone; where it has no endpoints nobody asks it. */
  readonly own: Picker;
  /** Of each zone, as the plan has them. */
  readonly zones: readonly Picker[];
  /** All zones together. */
  readonly everywhere: Picker;
  readonly random: Random;
  readonly counts: ZoneCounts;
}

export class ZonePicker implements Picker {
  readonly #own: Picker;
  readonly #zones: readonly Picker[];
  readonly #everywhere: Picker;
  readonly #random: Random;
  readonly #counts: ZoneCounts;
  readonly #percent: number;
  readonly #stays: number;
  readonly #upTo: Float64Array;

  constructor({ plan, percent, own, zones, everywhere, random, counts }: ZonePickerParts) {
    this.#own = own;
    this.#zones = zones;
    this.#everywhere = everywhere;
    this.#random = random;
    this.#counts = counts;
    this.#percent = percent;
    this.#stays = plan.stays;
    let sum = 0;
    this.#upTo = Float64Array.from(plan.shares, (share) => {
      sum += share;
      return sum;
    });
  }

  /** A request that was tried in its zone goes on anywhere. */
  pick(context: PickContext): Endpoint | null {
    if (this.#percent < 100 && this.#random.next() * 100 >= this.#percent) return this.#everywhere.pick(context);
    const endpoint = this.#zone().pick(context);
    if (endpoint !== null && !context.wasTried(endpoint)) return endpoint;
    const other = this.#everywhere.pick(context);
    return other !== null && !context.wasTried(other) ? other : (endpoint ?? other);
  }

  #zone(): Picker {
    if (this.#stays === 1) {
      this.#counts.allDirectly += 1;
      return this.#own;
    }
    if (this.#random.next() < this.#stays) {
      this.#counts.sampled += 1;
      return this.#own;
    }
    this.#counts.crossZone += 1;
    const upTo = this.#upTo;
    const drawn = this.#random.next() * (upTo[upTo.length - 1] as number);
    let index = 0;
    while (index < upTo.length - 1 && drawn >= (upTo[index] as number)) index += 1;
    return this.#zones[index] as Picker;
  }
}
