// Rendezvous hashing: for each request its own order of the endpoints, the same wherever it is computed, of which it goes to the first.
// Source: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998; weights: J. Schindelhauer and G. Schomaker, 2005.
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Balancer, PickContext, Picker } from './load-balancer.ts';
import { NO_ENDPOINTS } from './no-endpoints.ts';

/** For sessions, and in no table. Nothing is built that could go stale, and an endpoint that leaves moves its own requests alone; a pick looks at every endpoint. */
export const rendezvous: Balancer = {
  needsHash: true,
  createPicker: (endpoints, _context, shares) =>
    endpoints.length === 0 ? NO_ENDPOINTS : new RendezvousPicker(endpoints, shares),
};

class RendezvousPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #weights: readonly number[];
  /** High and low half of the hash of each endpoint, one after the other. */
  readonly #hashes: Uint32Array;
  readonly #score = new Word64();

  constructor(endpoints: readonly Endpoint[], shares?: readonly number[]) {
    this.#endpoints = endpoints;
    this.#weights = shares ?? endpoints.map(({ spec }) => spec.weight);
    this.#hashes = hashesOf(endpoints);
  }

  /** Without a hash all requests have the same order. */
  pick(context: PickContext): Endpoint {
    const { high, low } = context.hash ?? this.#score;
    let best: Endpoint | null = null;
    let most = -1;
    let bestTried: Endpoint | null = null;
    let mostTried = -1;
    for (const [index, endpoint] of this.#endpoints.entries()) {
      const score = this.#scoreOf(index, high, low);
      if (context.wasTried(endpoint)) {
        if (score > mostTried) [mostTried, bestTried] = [score, endpoint];
      } else if (score > most) [most, best] = [score, endpoint];
    }
    return best ?? (bestTried as Endpoint);
  }

  /** weight ÷ −ln(u), where u in (0, 1) is what the request's and the endpoint's hash come to. */
  #scoreOf(index: number, high: number, low: number): number {
    const score = this.#score;
    score.set((this.#hashes[2 * index] as number) ^ high, (this.#hashes[2 * index + 1] as number) ^ low);
    score.xorShiftRight(30);
    score.multiply(0xbf58476d, 0x1ce4e5b9);
    score.xorShiftRight(27);
    score.multiply(0x94d049bb, 0x133111eb);
    score.xorShiftRight(31);
    const unit = (score.high * 0x20_0000 + (score.low >>> 11) + 0.5) / 2 ** 53;
    score.set(0, 0);
    return (this.#weights[index] as number) / -Math.log(unit);
  }
}

/** By the pod, which stays the same on every port and in every cluster; by the address where nobody says which pod it is. */
function hashesOf(endpoints: readonly Endpoint[]): Uint32Array {
  const xxHash = new XxHash64();
  const hashes = new Uint32Array(2 * endpoints.length);
  for (const [index, { spec, address }] of endpoints.entries()) {
    const key = spec.pod?.uid || address;
    const { high, low } = xxHash.hash(key, 0, key.length);
    hashes[2 * index] = high;
    hashes[2 * index + 1] = low;
  }
  return hashes;
}
