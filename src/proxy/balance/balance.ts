// Who may get requests, and how they are shared: priorities, localities, and the cluster's algorithm within them.
import { DEFAULT_PANIC_THRESHOLD } from '../../model/balancing-spec.ts';
import type { EndpointHealth } from '../../model/endpoint-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';
import type { LoadBalancer, Picker, PickerContext } from '../lb/load-balancer.ts';
import { GroupPicker, PercentChooser, TurnChooser } from './group-picker.ts';
import { type PriorityCounts, type PriorityLoad, shareLoad } from './priority-load.ts';
import { SlowStartPicker } from './slow-start-picker.ts';

export interface Balanced {
  readonly picker: Picker;
  /** Those that the picker can answer with. */
  readonly eligible: readonly Endpoint[];
}

export interface BalanceOptions {
  readonly balancer: LoadBalancer;
  readonly context: PickerContext;
  /** Percent (> 0). Source: ClusterLoadAssignment.Policy.overprovisioning_factor. */
  readonly overprovisioningFactor: number;
}

/** Some endpoints that are balanced among themselves. */
interface Group {
  readonly localities: readonly LocalityEndpoints[];
  /** Whether localities count within it. */
  readonly weighted: boolean;
}

/** What a group gets of the whole. */
interface Band {
  readonly group: Group;
  readonly percent: number;
}

/** Called when endpoints or configuration change. */
export function balance(localities: readonly LocalityEndpoints[], options: BalanceOptions): Balanced {
  const bands = bandsOf(localities, options);
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
  const weighted = context.spec.locality?.kind === 'weighted';
  const healthy = levels.map((level, index) => healthyGroup(level, loads[index] as PriorityLoad, weighted));
  const degraded = levels.map((level) => ({ localities: withHealth(level, 'degraded'), weighted }));
  // Hashing, as Envoy does it: a priority has one ring or table, and degraded endpoints are on it only where nobody is healthy.
  const joined = healthy.map((group, index) => (isEmpty(group) ? (degraded[index] as Group) : group));
  const hashed = balancer.needsHash === true;
  const bands = [
    ...loads.map(({ healthy: percent }, index) => ({ group: (hashed ? joined : healthy)[index] as Group, percent })),
    ...loads.map(({ degraded: percent }, index) => ({ group: (hashed ? joined : degraded)[index] as Group, percent })),
  ].filter(({ percent }) => percent > 0);
  return bands.length > 0 ? bands : lastResort(levels);
}

function healthyGroup(level: readonly LocalityEndpoints[], { panic }: PriorityLoad, weighted: boolean): Group {
  return panic ? { localities: level, weighted: false } : { localities: withHealth(level, 'healthy'), weighted };
}

/** Nobody is healthy: whoever still serves while it goes away, as Kubernetes does it. */
function lastResort(levels: readonly (readonly LocalityEndpoints[])[]): readonly Band[] {
  for (const level of levels) {
    const group = { localities: withHealth(level, 'draining'), weighted: false };
    if (!isEmpty(group)) return [{ group, percent: 100 }];
  }
  return [];
}

function pickerOf({ localities, weighted }: Group, options: BalanceOptions): Picker {
  const { balancer, context } = options;
  const serving = localities.filter(({ endpoints }) => endpoints.length > 0);
  if (!weighted || serving.length < 2) return within(endpointsOf(serving), options);
  const counted = serving.filter(({ group }) => group.weight > 0);
  // Hashing has one ring or table for all localities, or a key would have an owner in each.
  if (balancer.needsHash === true) return within(endpointsOf(counted), options, sharesOf(counted));
  const weights = counted.map(({ group, endpoints }) => effectiveWeight(group, endpoints.length, options));
  const pickers = counted.map(({ endpoints }) => within(endpoints, options));
  if (pickers.length < 2) return pickers[0] ?? within([], options);
  return new GroupPicker(pickers, new TurnChooser(weights, context.random));
}

/** The algorithm's own picker, slowed down for those that are new. */
function within(endpoints: readonly Endpoint[], options: BalanceOptions, shares?: readonly number[]): Picker {
  const { balancer, context } = options;
  const picker = balancer.createPicker(endpoints, context, shares);
  const { slowStart } = context.spec;
  if (slowStart === undefined || endpoints.length < 2) return picker;
  return new SlowStartPicker(picker, endpoints, slowStart, context);
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
    endpoints: endpoints.filter(({ spec }) => spec.health === health),
  }));
}

function endpointsOf(localities: readonly LocalityEndpoints[]): readonly Endpoint[] {
  return localities.flatMap(({ endpoints }) => endpoints);
}
