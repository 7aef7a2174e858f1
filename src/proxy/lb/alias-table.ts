// @hot
// Draws one of many by weight with one random number, however many there are (alias method: A. J. Walker, 1974; M. D. Vose, 1991).
import type { Random } from '../../base/random.ts';

export class AliasTable {
  /** For each column: up to where it is the item's own, and whose the rest is. */
  readonly #own: Float64Array;
  readonly #alias: Uint32Array;

  /** At least one weight, each ≥ 0, their sum > 0. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const share = Float64Array.from(weights, (weight) => (weight * count) / sum);
    this.#own = new Float64Array(count).fill(1);
    this.#alias = Uint32Array.from(weights.keys());
    const small: number[] = [];
    const large: number[] = [];
    for (const [index, part] of share.entries()) (part < 1 ? small : large).push(index);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop() as number;
      const rich = large.at(-1) as number;
      this.#own[poor] = share[poor] as number;
      this.#alias[poor] = rich;
      share[rich] = (share[rich] as number) - (1 - (share[poor] as number));
      if ((share[rich] as number) < 1) small.push(large.pop() as number);
    }
  }

  draw(random: Random): number {
    const drawn = random.next() * this.#own.length;
    const column = Math.floor(drawn);
    return drawn - column < (this.#own[column] as number) ? column : (this.#alias[column] as number);
  }
}
