// @hot
// Pick first: every request to the same endpoint, until it fails one; then to the next.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LoadBalancer, PickContext, Picker } from './load-balancer.ts';

class PickFirstPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  #current = 0;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  pick(context: PickContext): Endpoint | null {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return null;
    for (let turn = 0; turn < count; turn += 1) {
      const endpoint = endpoints[this.#current] as Endpoint;
      if (!context.wasTried(endpoint)) return endpoint;
      // A request comes back only from where it failed: those to come need not find out again.
      this.#current = this.#current + 1 === count ? 0 : this.#current + 1;
    }
    return endpoints[this.#current] as Endpoint;
  }
}

/** An order that depends on the sidecar and the addresses alone: a change of endpoints moves nobody whose endpoint stays first. */
function shuffled(endpoints: readonly Endpoint[], seed: number): readonly Endpoint[] {
  const ranked = endpoints.map((endpoint) => ({ endpoint, rank: rankOf(endpoint.address, seed) })); // alloc-ok: update time
  ranked.sort((left, right) => left.rank - right.rank); // alloc-ok: update time
  return ranked.map(({ endpoint }) => endpoint); // alloc-ok: update time
}

/** FNV-1a with a final mix (of MurmurHash3, public domain). */
function rankOf(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export const pickFirst: LoadBalancer = {
  name: 'pick-first',
  needsOrder: true,
  createPicker: (endpoints, { spec, seed }) =>
    new PickFirstPicker(spec.pickFirst?.shuffle === true ? shuffled(endpoints, seed) : endpoints), // alloc-ok: update time
};
