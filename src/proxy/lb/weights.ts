// The weights of endpoints, as pickers need them at update time.
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

export function haveSameWeight(endpoints: readonly Endpoint[]): boolean {
  const first = endpoints[0]?.spec.weight;
  return endpoints.every(({ spec }) => spec.weight === first);
}

/** The parts of a turn that weights ask for. */
export function intervalsOf(endpoints: readonly Endpoint[]): Float64Array {
  return Float64Array.from(endpoints, ({ spec }) => 1 / spec.weight);
}

/** First turns somewhere within each interval, so that many sidecars do not march in step. */
export function firstTurns(intervals: Float64Array, random: Random): Float64Array {
  return intervals.map((interval) => interval * random.next());
}
