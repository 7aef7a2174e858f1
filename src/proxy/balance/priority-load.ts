// How the load of a cluster is shared among its priorities: all to the first one that is healthy enough, the rest to those behind it.
// Source: Envoy's architecture overview, "Priority levels", "Degraded endpoints" and "Panic threshold"; rounding as Envoy does it.

/** Endpoints of one priority. */
export interface PriorityCounts {
  readonly healthy: number;
  readonly degraded: number;
  /** Without those that drain: going away is no sickness. */
  readonly total: number;
  /** With them. */
  readonly all: number;
}

/** Percent of the load. */
export interface PriorityLoad {
  readonly healthy: number;
  readonly degraded: number;
  /** So few are healthy that all endpoints of the priority get requests; `degraded` is 0. */
  readonly panic: boolean;
}

export interface PriorityRules {
  /** Percent: with 140, a priority whose healthy endpoints are 72 % of all can still take all of its load. */
  readonly overprovisioningFactor: number;
  /** Percent of healthy endpoints below which a priority panics; 0 = never. */
  readonly panicThreshold: number;
}

/** One for each of `levels`, which begin with priority 0. All zero = nobody is healthy, and there is no panic. */
export function shareLoad(levels: readonly PriorityCounts[], rules: PriorityRules): readonly PriorityLoad[] {
  const healthy = levels.map((level) => availability(level.healthy, level.total, rules));
  const degraded = levels.map((level) => availability(level.degraded, level.total, rules));
  const available = Math.min(100, sumOf(healthy) + sumOf(degraded));
  const panics = levels.map((level) => panicsAt(level, available, rules));
  if (panics.length > 0 && panics.every((panic) => panic)) return shareInPanic(levels);
  if (available === 0) return levels.map(() => ({ healthy: 0, degraded: 0, panic: false }));
  const toHealthy = distribute(healthy, 100, available);
  const toDegraded = distribute(degraded, 100 - sumOf(toHealthy), available);
  giveRest(toHealthy, toDegraded, healthy, degraded);
  return levels.map((_, index) => ({
    healthy: toHealthy[index] as number,
    degraded: toDegraded[index] as number,
    panic: panics[index] as boolean,
  }));
}

function availability(count: number, total: number, { overprovisioningFactor }: PriorityRules): number {
  return total === 0 ? 0 : Math.min(100, Math.floor((overprovisioningFactor * count) / total));
}

/** Where the priorities together can take all of the load, none of them panics. */
function panicsAt({ healthy, degraded, total }: PriorityCounts, available: number, rules: PriorityRules): boolean {
  const { panicThreshold } = rules;
  if (panicThreshold === 0 || available === 100) return false;
  if (available === 0) return true;
  return total === 0 || (100 * (healthy + degraded)) / total < panicThreshold;
}

/** Each takes what it can of `load`, the first ones first. */
function distribute(availabilities: readonly number[], load: number, available: number): number[] {
  let left = load;
  return availabilities.map((percent) => {
    const share = Math.min(left, Math.floor((percent * 100) / available));
    left -= share;
    return share;
  });
}

/** What rounding left over goes to the first healthy priority, or to the first degraded one. */
function giveRest(
  toHealthy: number[],
  toDegraded: number[],
  healthy: readonly number[],
  degraded: readonly number[],
): void {
  const rest = 100 - sumOf(toHealthy) - sumOf(toDegraded);
  const firstHealthy = healthy.findIndex((percent) => percent > 0);
  if (firstHealthy >= 0) toHealthy[firstHealthy] = (toHealthy[firstHealthy] as number) + rest;
  else {
    const firstDegraded = degraded.findIndex((percent) => percent > 0);
    toDegraded[firstDegraded] = (toDegraded[firstDegraded] as number) + rest;
  }
}

/** By the number of endpoints, as nothing better is known of them. */
function shareInPanic(levels: readonly PriorityCounts[]): readonly PriorityLoad[] {
  const sum = sumOf(levels.map(({ all }) => all));
  const shares = levels.map(({ all }) => (sum === 0 ? 0 : Math.floor((100 * all) / sum)));
  const first = levels.findIndex(({ all }) => all > 0);
  if (first >= 0) shares[first] = (shares[first] as number) + 100 - sumOf(shares);
  return shares.map((healthy) => ({ healthy, degraded: 0, panic: true }));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
