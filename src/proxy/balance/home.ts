// The cluster that this sidecar is of, zone by zone: told by that cluster, looked at by all others.
import { type HomeSpec, localityKey } from '../../model/home-spec.ts';
import type { LocalityEndpoints } from '../endpoint/endpoint-set.ts';

/** Endpoints of one zone. */
interface HomeZone {
  readonly healthy: number;
  /** Of the healthy ones together. */
  readonly weight: number;
  /** All but unhealthy and draining ones. */
  readonly usable: number;
  /** All but draining ones. */
  readonly total: number;
}

export class Home {
  readonly cluster: string;
  /** As `localityKey` has it. */
  readonly zone: string;
  /** By `localityKey`; none is empty. */
  #zones: ReadonlyMap<string, HomeZone> = new Map();
  #onChange: () => void = () => {};

  constructor({ cluster, locality }: HomeSpec) {
    this.cluster = cluster;
    this.zone = localityKey(locality);
  }

  /** `onChange`: called when there are other numbers in any zone. */
  watch(onChange: () => void): void {
    this.#onChange = onChange;
  }

  /** Of the first priority: whoever fails over is not asked for. */
  update(localities: readonly LocalityEndpoints[]): void {
    const zones = zonesOf(localities.filter(({ group }) => group.priority === 0));
    const same = JSON.stringify([...zones]) === JSON.stringify([...this.#zones]);
    this.#zones = zones;
    if (!same) this.#onChange();
  }

  get zoneCount(): number {
    return this.#zones.size;
  }

  /** Somebody of the own cluster is in the own zone: this sidecar at least, if it is configured rightly. */
  get isPlaced(): boolean {
    return this.#zones.has(this.zone);
  }

  /** Healthy ones of a zone, or of all; or their weight. */
  size(zone: string | null, byWeight: boolean): number {
    let sum = 0;
    for (const [key, { healthy, weight }] of this.#zones) {
      if (zone === null || key === zone) sum += byWeight ? weight : healthy;
    }
    return sum;
  }

  /** `threshold`: percent of usable ones below which there is panic; 0 = never. */
  panics(threshold: number): boolean {
    let usable = 0;
    let total = 0;
    for (const zone of this.#zones.values()) {
      usable += zone.usable;
      total += zone.total;
    }
    return threshold > 0 && (total === 0 || (100 * usable) / total < threshold);
  }
}

function zonesOf(localities: readonly LocalityEndpoints[]): ReadonlyMap<string, HomeZone> {
  const zones = new Map<string, HomeZone>();
  for (const { group, endpoints } of localities) {
    const key = localityKey(group.locality);
    for (const { health, spec } of endpoints) {
      if (health === 'draining') continue;
      const known = zones.get(key) ?? { healthy: 0, weight: 0, usable: 0, total: 0 };
      const isHealthy = health === 'healthy';
      zones.set(key, {
        healthy: known.healthy + (isHealthy ? 1 : 0),
        weight: known.weight + (isHealthy ? spec.weight : 0),
        usable: known.usable + (health === 'unhealthy' ? 0 : 1),
        total: known.total + 1,
      });
    }
  }
  return zones;
}
