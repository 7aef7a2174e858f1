// @hot
// The endpoints that the attempts of one request went to: nearly always one.
import type { Endpoint } from '../endpoint/endpoint.ts';

/** One object an exchange, for all of its requests. Emptying an array costs more than all else that is done here, so the first has a place of its own. */
export class TriedEndpoints {
  #first: Endpoint | null = null;
  #others: Endpoint[] | null = null;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  has(endpoint: Endpoint): boolean {
    return this.#first === endpoint || this.#others?.includes(endpoint) === true;
  }

  add(endpoint: Endpoint): void {
    this.#count += 1;
    if (this.#count === 1) this.#first = endpoint;
    else if (this.#others === null)
      this.#others = [endpoint]; // alloc-ok: a retry
    else this.#others.push(endpoint);
  }

  /** Of those from the attempt `from` on (0 = the first), sorted. */
  priorities(from: number): readonly number[] {
    const all = this.#first === null ? [] : [this.#first, ...(this.#others ?? [])]; // alloc-ok: a retry whose policy asks
    return [...new Set(all.slice(from).map(({ group }) => group.priority))].sort((left, right) => left - right); // alloc-ok: as above
  }

  clear(): void {
    this.#first = null;
    this.#others = null;
    this.#count = 0;
  }
}
