// One of several by chance, each as often as its weight says.
import type { Random } from './random.ts';

export class WeightedChoice<T> {
  readonly #items: readonly T[];
  /** Sum of the weights up to and with each item. */
  readonly #upTo: readonly number[];

  /** As many weights as items, each ≥ 0, their sum > 0. */
  constructor(items: readonly T[], weights: readonly number[]) {
    let sum = 0;
    this.#items = items;
    this.#upTo = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  /** The first one that has a weight and `wanted` says yes to; null = there is none. */
  find(wanted: (item: T) => boolean): T | null {
    const found = this.#items.find((item, index) => this.#hasWeight(index) && wanted(item));
    return found ?? null;
  }

  choose(random: Random): T {
    const upTo = this.#upTo;
    const last = upTo.length - 1;
    const drawn = random.next() * (upTo[last] as number);
    let index = 0;
    while (index < last && drawn >= (upTo[index] as number)) index += 1;
    return this.#items[index] as T;
  }

  #hasWeight(index: number): boolean {
    return (this.#upTo[index] as number) > (index === 0 ? 0 : (this.#upTo[index - 1] as number));
  }
}
