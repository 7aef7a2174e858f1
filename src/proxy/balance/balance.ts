// Who may get requests, and how they are shared: priorities, localities, and the cluster's algorithm within them.
import {
  DEFAULT_PANIC_THRESHOLD,
  DEFAULT_SLOW_START,
  DEFAULT_ZONE_AWARE,
  type NearestSpec,
} from '../../model/balancing-spec.ts';
import type { EndpointHealth } from '../../model/endpoint-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';
import type { Balancer, Picker, PickerContext } from '../lb/load-balancer.ts';
import { NO_ENDPOINTS } from '../lb/no-endpoints.ts';
import { GroupPicker, PercentChooser, TurnChooser } from './group-picker.ts';
import type { Home } from './home.ts';
import { NearestPicker } from './nearest-picker.ts';
import { onNode, type Place, splitByNearness } from './place.ts';
import { PrioritiesPicker } from './priorities-picker.ts';
import { type PriorityCounts, type PriorityLoad, shareLoad } from './priority-load.ts';
import { SlowStartPicker } from './slow-start-picker.ts';
import { SubsetPicker } from './subset-picker.ts';
import { chooseSubset } from './subsets.ts';
import { ZoneCounts } from './zone-counts.ts';
import { ZonePicker } from './zone-picker.ts';
import { routeZones, type ZoneRoutes } from './zone-routing.ts';

export interface Balanced {
  readonly picker: Picker;
  /** Those that the picker can answer with. */
  readonly eligible: readonly Endpoint[];
}

export interface BalanceOptions {
  readonly balancer: Balancer;
  readonly context: PickerContext;
  /** Percent (> 0). Source: ClusterLoadAssignment.Policy.overprovisioning_factor. */
  readonly overprovisioningFactor: number;
  /** Where the caller is. */
  readonly place: Place;
  /** The cluster that the caller is of; absent: requests do not keep to zones. */
  readonly home?: { readonly home: Home; readonly counts: ZoneCounts };
}

/** Some endpoints that are balanced among themselves. */
interface Group {
  readonly localities: readonly LocalityEndpoints[];
  /** Whether localities count within it; in panic, and where nobody is healthy, they don't. */
  readonly byPlace: boolean;
  readonly routes?: ZoneRoutes;
}

/** What a group gets of the whole. */
interface Band {
  readonly group: Group;
  readonly percent: number;
}

/** Called when endpoints or configuration change. */
export function balance(localities: readonly LocalityEndpoints[], options: BalanceOptions): Balanced {
  const all = balanceSubsets(localities, options);
  if (localities.every(({ group }) => group.priority === 0)) return all;
  const picker = new PrioritiesPicker(all.picker, (leftOut) => {
    const others = localities.filter(({ group }) => !leftOut.includes(group.priority));
    return balanceSubsets(others, options).picker;
  });
  return { ...all, picker };
}

function balanceSubsets(localities: readonly LocalityEndpoints[], options: BalanceOptions): Balanced {
  const { subsets } = options.context.spec;
  if (subsets === undefined) return balanceAll(localities, options);
  const { eligible } = balanceAll(localities, options);
  const picker = new SubsetPicker((subset) => {
    const chosen = chooseSubset(localities, subsets, subset);
    return chosen === null ? NO_ENDPOINTS : balanceAll(chosen, options).picker;
  });
  return { picker, eligible };
}

function balanceAll(localities: readonly LocalityEndpoints[], options: BalanceOptions): Balanced {
  const { locality } = options.context.spec;
  const isBound = locality?.kind === 'nearest' && locality.onlyNode === true;
  const bands = bandsOf(isBound ? onNode(localities, options.place) : localities, options);
  const groups = [...new Set(bands.map(({ group }) => group))];
  const pickers = new Map(groups.map((group) => [group, pickerOf(group, options)]));
  const eligible = groups.flatMap((group) => endpointsOf(group.localities));
  const [only = options.balancer.createPicker([], options.context)] = pickers.values();
  if (groups.length < 2) return { picker: only, eligible };
  const percents = bands.map(({ percent }) => percent);
  const byHash = options.balancer.needsHash === true;
  const chooser = new PercentChooser(percents, options.context.random, byHash);
  const picker = new GroupPicker(
    bands.map(({ group }) => pickers.get(group) as Picker),
    chooser,
  );
  return { picker, eligible };
}

/** Healthy endpoints by priority, then degraded ones; without those that get nothing. */
function bandsOf(localities: readonly LocalityEndpoints[], options: BalanceOptions): readonly Band[] {
  const { balancer, context, overprovisioningFactor } = options;
  const levels = levelsOf(localities);
  const panicThreshold = context.spec.panicThreshold ?? DEFAULT_PANIC_THRESHOLD;
  const loads = shareLoad(levels.map(countsOf), { overprovisioningFactor, panicThreshold });
  const routes = levels.map((level, index) => (index === 0 ? zoneRoutes(level, options) : null));
  const healthy = levels.map((level, index) => {
    return healthyGroup(level, routes[index] ?? null, loads[index] as PriorityLoad, options);
  });
  const degraded = levels.map((level, index) => degradedGroup(level, routes[index] ?? null));
  // Hashing, as Envoy does it: a priority has one ring or table, and degraded endpoints are on it only where nobody is healthy.
  const joined = healthy.map((group, index) => (isEmpty(group) ? (degraded[index] as Group) : group));
  const hashed = balancer.needsHash === true;
  const bands = [
    ...loads.map(({ healthy: percent }, index) => ({ group: (hashed ? joined : healthy)[index] as Group, percent })),
    ...loads.map(({ degraded: percent }, index) => ({ group: (hashed ? joined : degraded)[index] as Group, percent })),
  ].filter(({ percent }) => percent > 0);
  return bands.length > 0 ? bands : lastResort(levels);
}

const NOBODY: Group = { localities: [], byPlace: false };

type Routed = ReturnType<typeof routeZones>;

function healthyGroup(
  level: readonly LocalityEndpoints[],
  routes: Routed,
  { panic }: PriorityLoad,
  options: BalanceOptions,
): Group {
  const { locality } = options.context.spec;
  const isHashed = options.balancer.needsHash === true;
  const failsInPanic = !isHashed && locality?.kind === 'zone-aware' && locality.failInPanic === true;
  if (routes === 'fail' || (panic && failsInPanic)) return NOBODY;
  if (panic) return { localities: level, byPlace: false };
  const group = { localities: withHealth(level, 'healthy'), byPlace: true };
  return routes === null ? group : { ...group, routes: routes.healthy };
}

function degradedGroup(level: readonly LocalityEndpoints[], routes: Routed): Group {
  const group = { localities: withHealth(level, 'degraded'), byPlace: true };
  const own = routes === null || routes === 'fail' ? null : routes.degraded;
  return own === null ? group : { ...group, routes: own };
}

/** Keys of a hash have owners, wherever these are; the first of `pick-first` is one for all. */
function zoneRoutes(level: readonly LocalityEndpoints[], { home, balancer, context }: BalanceOptions): Routed {
  const { locality, panicThreshold = DEFAULT_PANIC_THRESHOLD } = context.spec;
  if (home === undefined || balancer.needsHash === true || balancer.needsOrder === true) return null;
  if (locality === undefined) return routeZones(level, { ...home, panicThreshold });
  return locality.kind === 'zone-aware' ? routeZones(level, { ...home, panicThreshold, spec: locality }) : null;
}

/** Nobody is healthy: whoever still serves while it goes away, as Kubernetes does it. */
function lastResort(levels: readonly (readonly LocalityEndpoints[])[]): readonly Band[] {
  for (const level of levels) {
    const group = { localities: withHealth(level, 'draining'), byPlace: false };
    if (!isEmpty(group)) return [{ group, percent: 100 }];
  }
  return [];
}

function pickerOf({ localities, byPlace, routes }: Group, options: BalanceOptions): Picker {
  const { locality } = options.context.spec;
  if (routes !== undefined) return zonePicker(routes, endpointsOf(localities), options);
  if (!byPlace || locality === undefined || locality.kind === 'zone-aware') {
    return within(endpointsOf(localities), options);
  }
  if (locality.kind === 'nearest') return nearestPicker(endpointsOf(localities), locality, options);
  const serving = localities.filter(({ group, endpoints }) => endpoints.length > 0 && group.weight > 0);
  return weightedPicker(serving, options);
}

function zonePicker({ plan, zones, own }: ZoneRoutes, all: readonly Endpoint[], options: BalanceOptions): Picker {
  const { random, spec } = options.context;
  return new ZonePicker({
    plan,
    percent: spec.locality?.kind === 'zone-aware' ? spec.locality.percent : DEFAULT_ZONE_AWARE.percent,
    own: within(own, options),
    zones: plan.shares.length === 0 ? [] : zones.map((endpoints) => within(endpoints, options)),
    everywhere: within(all, options),
    random,
    counts: options.home?.counts ?? new ZoneCounts(),
  });
}

function nearestPicker(endpoints: readonly Endpoint[], { tiers }: NearestSpec, options: BalanceOptions): Picker {
  const split = splitByNearness(endpoints, tiers, options.place);
  if (split.length < 2) return within(endpoints, options);
  const pickers = split.map((tier) => within(tier, options));
  return new NearestPicker(pickers, endpoints.length, options.context.load);
}

/** Each of `localities` has endpoints and a weight. */
function weightedPicker(localities: readonly LocalityEndpoints[], options: BalanceOptions): Picker {
  if (localities.length < 2) return within(endpointsOf(localities), options);
  // Hashing has one ring or table for all localities, or a key would have an owner in each.
  if (options.balancer.needsHash === true) return within(endpointsOf(localities), options, sharesOf(localities));
  const weights = localities.map(({ group, endpoints }) => effectiveWeight(group, endpoints.length, options));
  const pickers = localities.map(({ endpoints }) => within(endpoints, options));
  return new GroupPicker(pickers, new TurnChooser(weights, options.context.random));
}

/** The algorithm's own picker, slowed down for those that are new. */
function within(endpoints: readonly Endpoint[], options: BalanceOptions, shares?: readonly number[]): Picker {
  const { balancer, context } = options;
  const picker = balancer.createPicker(endpoints, context, shares);
  const { slowStart } = context.spec;
  if (endpoints.length < 2) return picker;
  const warm =
    slowStart === undefined ? picker : new SlowStartPicker(picker, endpoints, slowStart, context, 'healthySinceMs');
  const { returnWindowMs = 0 } = context;
  const sinceMs = context.now() - returnWindowMs;
  if (returnWindowMs === 0 || !endpoints.some(({ returnedAtMs }) => returnedAtMs > sinceMs)) return warm;
  const slowReturn = { ...DEFAULT_SLOW_START, windowMs: returnWindowMs };
  return new SlowStartPicker(warm, endpoints, slowReturn, context, 'returnedAtMs');
}

/** A locality keeps its weight for as long as those of its endpoints that are left can take it. */
function effectiveWeight(
  { weight, endpoints }: LocalityEndpoints['group'],
  left: number,
  { overprovisioningFactor }: BalanceOptions,
): number {
  return weight * Math.min(1, ((overprovisioningFactor / 100) * left) / endpoints.length);
}

/** Of each endpoint in order: its part of its locality, times that of its locality among all. */
function sharesOf(localities: readonly LocalityEndpoints[]): readonly number[] {
  const all = localities.reduce((sum, { group }) => sum + group.weight, 0);
  return localities.flatMap(({ group, endpoints }) => {
    const sum = endpoints.reduce((total, { spec }) => total + spec.weight, 0);
    return endpoints.map(({ spec }) => (group.weight / all) * (spec.weight / sum));
  });
}

function isEmpty({ localities }: Group): boolean {
  return localities.every(({ endpoints }) => endpoints.length === 0);
}

/** By priority, from 0. */
function levelsOf(localities: readonly LocalityEndpoints[]): readonly (readonly LocalityEndpoints[])[] {
  const levels: LocalityEndpoints[][] = [];
  for (const locality of localities) {
    const { priority } = locality.group;
    while (levels.length <= priority) levels.push([]);
    levels[priority]?.push(locality);
  }
  return levels;
}

function countsOf(level: readonly LocalityEndpoints[]): PriorityCounts {
  const count = (health: EndpointHealth): number => endpointsOf(withHealth(level, health)).length;
  const all = endpointsOf(level).length;
  return { healthy: count('healthy'), degraded: count('degraded'), total: all - count('draining'), all };
}

function withHealth(level: readonly LocalityEndpoints[], health: EndpointHealth): readonly LocalityEndpoints[] {
  return level.map(({ group, endpoints }) => ({
    group,
    endpoints: endpoints.filter((endpoint) => endpoint.health === health),
  }));
}

function endpointsOf(localities: readonly LocalityEndpoints[]): readonly Endpoint[] {
  return localities.flatMap(({ endpoints }) => endpoints);
}
