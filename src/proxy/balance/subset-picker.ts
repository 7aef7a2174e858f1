// @hot
// One picker for each subset of endpoints that routes ask for, made when it is asked for first.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

export class SubsetPicker implements Picker {
  /** By the text that stands for the labels; as many as routes name. */
  readonly #pickers = new Map<string, Picker>();
  readonly #create: (subset: string) => Picker;

  /** `create` is called once for each subset, '' included. */
  constructor(create: (subset: string) => Picker) {
    this.#create = create;
  }

  pick(context: PickContext): Endpoint | null {
    const subset = context.subset ?? '';
    return (this.#pickers.get(subset) ?? this.#add(subset)).pick(context);
  }

  #add(subset: string): Picker {
    const picker = this.#create(subset);
    this.#pickers.set(subset, picker);
    return picker;
  }
}
