// @hot
// Endpoints near the caller before others: further ones take what the near ones cannot, as they are gone, were tried, or have too much in work.
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext, Picker } from '../lb/load-balancer.ts';

/** An endpoint may have so many requests in work before it counts as overloaded, however few there are elsewhere. */
const MIN_IN_WORK = 8;
/** And so many times the average of all endpoints. */
const LOAD_FACTOR = 2;

export class NearestPicker implements Picker {
  /** The nearest first. */
  readonly #tiers: readonly Picker[];
  readonly #endpointCount: number;
  readonly #load: { readonly requestsActive: number };

  /** At least one tier; `endpointCount`: of all tiers together. */
  constructor(tiers: readonly Picker[], endpointCount: number, load: { readonly requestsActive: number }) {
    this.#tiers = tiers;
    this.#endpointCount = endpointCount;
    this.#load = load;
  }

  pick(context: PickContext): Endpoint | null {
    const bound = Math.max(MIN_IN_WORK, (LOAD_FACTOR * (this.#load.requestsActive + 1)) / this.#endpointCount);
    let overloaded: Endpoint | null = null;
    let tried: Endpoint | null = null;
    for (let tier = 0; tier < this.#tiers.length; tier += 1) {
      const endpoint = (this.#tiers[tier] as Picker).pick(context);
      if (endpoint === null) continue;
      if (context.wasTried(endpoint)) tried ??= endpoint;
      else if (endpoint.activeRequests < bound) return endpoint;
      else overloaded ??= endpoint;
    }
    return overloaded ?? tried;
  }
}
