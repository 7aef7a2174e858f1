// Whether requests of this sidecar keep to zones, and how: its own cluster beside the endpoints that it calls.
import { DEFAULT_ZONE_AWARE, type ZoneAwareSpec } from '../../model/balancing-spec.ts';
import type { EndpointHealth } from '../../model/endpoint-spec.ts';
import { localityKey } from '../../model/home-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';
import type { Home } from './home.ts';
import type { ZoneCounts } from './zone-counts.ts';
import { ALL_STAYS, planZones, type ZonePlan } from './zone-plan.ts';

/** Of the endpoints of one health. */
export interface ZoneRoutes {
  readonly plan: ZonePlan;
  /** Those of each zone, as the plan has them. */
  readonly zones: readonly (readonly Endpoint[])[];
  /** Of the caller's zone. */
  readonly own: readonly Endpoint[];
}

/** Degraded ones have a plan of their own: each of them gets the same, too. Null = there are none. */
export interface PriorityZones {
  readonly healthy: ZoneRoutes;
  readonly degraded: ZoneRoutes | null;
}

export interface ZoneOptions {
  readonly home: Home;
  readonly counts: ZoneCounts;
  readonly spec?: ZoneAwareSpec;
  /** Percent. */
  readonly panicThreshold: number;
}

/**
 * `level`: endpoints of the first priority, whatever their health. Null = zones do not count; 'fail' = nobody gets requests, as the own cluster
 * panics. Source of the conditions and their order: Envoy's architecture overview, "Zone aware routing".
 */
export function routeZones(level: readonly LocalityEndpoints[], options: ZoneOptions): PriorityZones | 'fail' | null {
  const { home, counts, spec = DEFAULT_ZONE_AWARE } = options;
  counts.recalculations += 1;
  const zones = byZone(level, 'healthy');
  if (zones.size !== home.zoneCount) counts.numberDiffers += 1;
  if (zones.size < 2 || (home.zoneCount < 2 && spec.forceLocalFrom === undefined)) return null;
  const isPanic = home.panics(options.panicThreshold);
  if (!home.isPlaced || isPanic) counts.localNotOk += 1;
  if (!home.isPlaced) return null;
  const healthy = [...zones.values()].reduce((sum, endpoints) => sum + endpoints.length, 0);
  if (healthy < spec.minEndpoints) {
    counts.tooSmall += 1;
    return null;
  }
  if (isPanic) return spec.failInPanic === true ? 'fail' : null;
  if (healthy === 0) return null;
  const routes = routesOf(zones, home, spec);
  if (routes === null) return null;
  const degraded = byZone(level, 'degraded');
  const isAny = [...degraded.values()].some((endpoints) => endpoints.length > 0);
  return { healthy: routes, degraded: isAny ? routesOf(degraded, home, spec) : null };
}

function routesOf(
  zones: ReadonlyMap<string, readonly Endpoint[]>,
  home: Home,
  { byWeight: basis, forceLocalFrom }: ZoneAwareSpec,
): ZoneRoutes | null {
  const byWeight = basis === true;
  const callers = home.size(null, byWeight);
  const keys = [...zones.keys()];
  const own = zones.get(home.zone) ?? [];
  const all = [...zones.values()];
  if (forceLocalFrom !== undefined && own.length >= forceLocalFrom) return { plan: ALL_STAYS, zones: all, own };
  if (callers === 0) return null;
  const sizes = keys.map((key, index) => {
    const endpoints = all[index] as readonly Endpoint[];
    return { callers: home.size(key, byWeight), endpoints: byWeight ? weightOf(endpoints) : endpoints.length };
  });
  return { plan: planZones(sizes, keys.indexOf(home.zone), callers), zones: all, own };
}

/** With zones all of whose endpoints have another health, without those that have none. */
function byZone(level: readonly LocalityEndpoints[], wanted: EndpointHealth): ReadonlyMap<string, readonly Endpoint[]> {
  const zones = new Map<string, readonly Endpoint[]>();
  for (const { group, endpoints } of level) {
    if (endpoints.length === 0) continue;
    const key = localityKey(group.locality);
    const chosen = endpoints.filter(({ health }) => health === wanted);
    zones.set(key, [...(zones.get(key) ?? []), ...chosen]);
  }
  return zones;
}

function weightOf(endpoints: readonly Endpoint[]): number {
  return endpoints.reduce((sum, { spec }) => sum + spec.weight, 0);
}
