// Where a route sends requests, and what it changes in them and in their answers; several destinations share by weight.
import type { Random } from '../../base/random.ts';
import type { HeaderChangesSpec } from '../../model/header-changes-spec.ts';
import type { RouteActionSpec, RouteSpec, WeightedClusterSpec } from '../../model/route-spec.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { FieldChanges } from './field-changes.ts';
import { compilePathRewrite } from './path-rewriter.ts';
import { RequestChanges } from './request-changes.ts';

export interface Destination {
  readonly slot: ClusterSlot;
  /** Null = the request goes on as it came. */
  readonly request: RequestChanges | null;
  /** Null = the answer goes on as it came. */
  readonly response: FieldChanges | null;
}

/** Header changes of route, virtual host and route configuration, in the order in which they happen. */
export type ChangeLevels = readonly (HeaderChangesSpec | undefined)[];

export class WeightedDestinations {
  readonly #destinations: readonly Destination[];
  /** Sum of the weights up to and with each destination. */
  readonly #upTo: readonly number[];

  constructor(destinations: readonly Destination[], weights: readonly number[]) {
    let sum = 0;
    this.#destinations = destinations;
    this.#upTo = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  choose(random: Random): Destination {
    const upTo = this.#upTo;
    const last = upTo.length - 1;
    const drawn = random.next() * (upTo[last] as number);
    let index = 0;
    while (index < last && drawn >= (upTo[index] as number)) index += 1;
    return this.#destinations[index] as Destination;
  }
}

/** One destination; where weights decide, several of which at least one has a weight. */
export function compileDestinations(
  route: RouteSpec & { readonly action: RouteActionSpec },
  levels: ChangeLevels,
  slotOf: (cluster: string) => ClusterSlot,
): Destination | WeightedDestinations {
  const { cluster } = route.action;
  if (typeof cluster === 'string') return compileDestination(route, undefined, levels, slotOf(cluster));
  // Slots are asked for even where the weight is 0: the table names that cluster.
  const all = cluster.map((one) => compileDestination(route, one, levels, slotOf(one.name)));
  const weights = cluster.map(({ weight }) => weight);
  return new WeightedDestinations(all, weights);
}

function compileDestination(
  { action, match }: RouteSpec & { readonly action: RouteActionSpec },
  weighted: WeightedClusterSpec | undefined,
  levels: ChangeLevels,
  slot: ClusterSlot,
): Destination {
  const changes = weighted === undefined ? levels : [weighted.headers, ...levels];
  const request = RequestChanges.compile({
    fields: FieldChanges.compile(changes.map((level) => level?.request)),
    clusterHost: weighted?.hostRewrite,
    hostRewrite: action.hostRewrite,
    path: compilePathRewrite(action.pathRewrite, match),
  });
  return { slot, request, response: FieldChanges.compile(changes.map((level) => level?.response)) };
}
