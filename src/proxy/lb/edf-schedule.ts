// @hot
// Earliest deadline first: items come up as often as their intervals are short, evenly spread. A heap in typed arrays.

/** Items are numbers from 0. An interval is what lies between two turns of an item, > 0, in any unit that all share. */
export class EdfSchedule {
  /** By place in the heap. */
  readonly #deadlines: Float64Array;
  readonly #items: Uint32Array;

  /** `first`: when each item is due for the first time; at least one. */
  constructor(first: Float64Array) {
    this.#deadlines = first.slice();
    this.#items = Uint32Array.from(first.keys());
    for (let place = (first.length >> 1) - 1; place >= 0; place -= 1) this.#sink(place);
  }

  /** The item whose turn it is. */
  get next(): number {
    return this.#items[0] as number;
  }

  /** `next` takes its turn and is due again after `interval`. */
  advance(interval: number): void {
    this.#deadlines[0] = (this.#deadlines[0] as number) + interval;
    this.#sink(0);
  }

  #sink(from: number): void {
    const deadlines = this.#deadlines;
    const items = this.#items;
    const count = items.length;
    const deadline = deadlines[from] as number;
    const item = items[from] as number;
    let place = from;
    for (let child = 2 * place + 1; child < count; child = 2 * place + 1) {
      if (child + 1 < count && (deadlines[child + 1] as number) < (deadlines[child] as number)) child += 1;
      if ((deadlines[child] as number) >= deadline) break;
      deadlines[place] = deadlines[child] as number;
      items[place] = items[child] as number;
      place = child;
    }
    deadlines[place] = deadline;
    items[place] = item;
  }
}
