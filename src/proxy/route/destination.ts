// Where a route sends requests, and what it changes in them and in their answers; several destinations share by weight.
import { WeightedChoice } from '../../base/weighted-choice.ts';
import type { HeaderChangesSpec } from '../../model/header-changes-spec.ts';
import type { FilterOverridesSpec } from '../../model/http-filter-spec.ts';
import type { RouteActionSpec, RouteSpec, WeightedClusterSpec } from '../../model/route-spec.ts';
import { subsetIdOf } from '../../model/subset-spec.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { FieldChanges } from './field-changes.ts';
import { type FilterLevels, FilterOverrides } from './filter-overrides.ts';
import { compilePathRewrite } from './path-rewriter.ts';
import { RequestChanges } from './request-changes.ts';

export interface Destination {
  readonly slot: ClusterSlot;
  /** The part of the cluster that requests go to (a text of `subsetIdOf`); '' = none is asked for. */
  readonly subset: string;
  /** Null = the request goes on as it came. */
  readonly request: RequestChanges | null;
  /** Null = the answer goes on as it came. */
  readonly response: FieldChanges | null;
  /** What its route says of the filters of listeners; null = nothing. */
  readonly filters: FilterOverrides | null;
}

/** What is said of filters around something, the most specific first. */
export interface FilterScope {
  readonly outer: readonly (FilterOverridesSpec | undefined)[];
  /** Null: nothing is said anywhere. */
  readonly known: FilterLevels | null;
  /** The virtual host. */
  readonly host: string;
}

/** Header changes of route, virtual host and route configuration, in the order in which they happen. */
export type ChangeLevels = readonly (HeaderChangesSpec | undefined)[];

export class WeightedDestinations extends WeightedChoice<Destination> {}

/** One destination; where weights decide, several of which at least one has a weight. */
export function compileDestinations(
  route: RouteSpec & { readonly action: RouteActionSpec },
  levels: ChangeLevels,
  scope: FilterScope,
  slotOf: (cluster: string) => ClusterSlot,
): Destination | WeightedDestinations {
  const { cluster } = route.action;
  if (typeof cluster === 'string') return compileDestination(route, undefined, levels, scope, slotOf(cluster));
  // Slots are asked for even where the weight is 0: the table names that cluster.
  const all = cluster.map((one) => compileDestination(route, one, levels, scope, slotOf(one.name)));
  const weights = cluster.map(({ weight }) => weight);
  return new WeightedDestinations(all, weights);
}

function compileDestination(
  { action, match, name }: RouteSpec & { readonly action: RouteActionSpec },
  weighted: WeightedClusterSpec | undefined,
  levels: ChangeLevels,
  { outer, known, host }: FilterScope,
  slot: ClusterSlot,
): Destination {
  const changes = weighted === undefined ? levels : [weighted.headers, ...levels];
  const request = RequestChanges.compile({
    fields: FieldChanges.compile(changes.map((level) => level?.request)),
    clusterHost: weighted?.hostRewrite,
    hostRewrite: action.hostRewrite,
    path: compilePathRewrite(action.pathRewrite, match),
  });
  const subset = subsetIdOf({ ...action.subset, ...weighted?.subset });
  const own = known?.keep([host, name, match, weighted?.name], weighted?.filters);
  const filters = known === null ? null : FilterOverrides.compile([own, ...outer]);
  return { slot, subset, request, response: FieldChanges.compile(changes.map((level) => level?.response)), filters };
}
