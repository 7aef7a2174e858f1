// @hot
// Priorities that retries leave out: their endpoints are as if they were not there, and the others share the load anew.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

/** So many sets of priorities are kept; there are no more where up to four priorities are. */
const MAX_KEPT = 16;

export class PrioritiesPicker implements Picker {
  readonly #all: Picker;
  readonly #create: (leftOut: readonly number[]) => Picker;
  /** By the priorities that are left out. */
  readonly #others = new Map<string, Picker>();

  /** `all`: of all priorities. */
  constructor(all: Picker, create: (leftOut: readonly number[]) => Picker) {
    this.#all = all;
    this.#create = create;
  }

  pick(context: PickContext): Endpoint | null {
    const leftOut = context.leftOut ?? null;
    return (leftOut === null ? this.#all : this.#without(leftOut)).pick(context);
  }

  #without(leftOut: readonly number[]): Picker {
    const key = leftOut.join(',');
    const known = this.#others.get(key);
    if (known !== undefined) return known;
    const made = this.#create(leftOut);
    if (this.#others.size < MAX_KEPT) this.#others.set(key, made);
    return made;
  }
}
