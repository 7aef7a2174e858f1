// @hot
// Finds an endpoint that a request was not sent to yet, where an algorithm's own choice was.
import { type Random, randomBelow } from '../../base/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from './load-balancer.ts';

/** The first one from a random place on; any where all were tried. There is at least one. */
export function untriedOrAny(endpoints: readonly Endpoint[], context: PickContext, random: Random): Endpoint {
  const count = endpoints.length;
  const start = randomBelow(random, count);
  for (let turn = 0; turn < count; turn += 1) {
    const at = start + turn;
    const endpoint = endpoints[at < count ? at : at - count] as Endpoint;
    if (!context.wasTried(endpoint)) return endpoint;
  }
  return endpoints[start] as Endpoint;
}
