// Zone-aware routing as numbers: how many callers and endpoints each zone has → what of a caller's requests goes to which zone.

/** One zone that has endpoints. */
export interface ZoneSize {
  /** Healthy endpoints of the caller's own cluster there (≥ 0), or their weight. */
  readonly callers: number;
  /** Healthy endpoints of the called cluster there (≥ 0), or their weight. */
  readonly endpoints: number;
}

/** Of the callers in one zone. */
export interface ZonePlan {
  /** What stays in the own zone, 0 … 1; 1 = everything. */
  readonly stays: number;
  /** What each zone gets of the rest: each ≥ 0, 1 together; of the own zone 0. Empty where everything stays. */
  readonly shares: readonly number[];
}

export const ALL_STAYS: ZonePlan = { stays: 1, shares: [] };

/**
 * Every endpoint gets the same, whatever zone it is in, and as little as possible crosses zones. A zone whose endpoints can take what its own
 * callers send keeps it; others keep what they can take, and their rest goes where endpoints have more room than callers of that zone need.
 * `own`: index of the caller's zone in `zones`; -1 = it has no endpoints. `callers`: of all zones, those without endpoints too (> 0). At least one
 * endpoint. Source: Envoy's architecture overview, "Zone aware routing"; exact fractions instead of its hundredths of a percent.
 */
export function planZones(zones: readonly ZoneSize[], own: number, callers: number): ZonePlan {
  const endpoints = zones.reduce((sum, zone) => sum + zone.endpoints, 0);
  const here = zones[own];
  // Shares are compared without dividing, or equal ones might differ.
  const room = zones.map((zone) => zone.endpoints * callers - zone.callers * endpoints);
  if (here !== undefined && here.endpoints > 0 && (room[own] as number) >= 0) return ALL_STAYS;
  const stays = here === undefined || here.callers === 0 ? 0 : (here.endpoints * callers) / (here.callers * endpoints);
  const free = room.map((one, index) => (index === own ? 0 : Math.max(0, one)));
  const sum = free.reduce((total, one) => total + one, 0);
  // Only where no healthy caller is left in a zone without endpoints, and the others fit exactly.
  if (sum === 0) return { stays, shares: zones.map((zone) => zone.endpoints / endpoints) };
  return { stays, shares: free.map((one) => one / sum) };
}
