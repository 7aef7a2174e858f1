// The cluster that this sidecar is of, zone by zone: told by that cluster, looked at by all others.
import type { ClusterSpec } from '../../model/cluster-spec.ts';
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

const NO_ZONES: ReadonlyMap<string, HomeZone> = new Map();

export class Home {
  /** As `localityKey` has it. */
  readonly zone: string;
  readonly #onlyWhereAsked: boolean;
  #cluster: string;
  /** By `localityKey`; none is empty. */
  #zones = NO_ZONES;
  #onChange: () => void = () => {};
  #wanted = false;
  #onWanted: () => void = () => {};

  constructor({ cluster, locality, onlyWhereAsked }: HomeSpec) {
    this.#cluster = cluster;
    this.zone = localityKey(locality);
    this.#onlyWhereAsked = onlyWhereAsked === true;
  }

  /** '' = nobody has said. */
  get cluster(): string {
    return this.#cluster;
  }

  /** Somebody says now which it is; '' = it is gone. */
  become(cluster: string): void {
    if (cluster === this.#cluster) return;
    this.#cluster = cluster;
    this.#zones = NO_ZONES;
    this.#onChange();
  }

  /** Whether requests to that cluster may keep to zones. */
  concerns({ name, balancing }: Pick<ClusterSpec, 'name' | 'balancing'>): boolean {
    if (name === this.#cluster) return false;
    return !this.#onlyWhereAsked || balancing?.locality?.kind === 'zone-aware';
  }

  /** Whether that cluster has to look again when the own one has changed; the own one tells what it has then. */
  rebalances(spec: Pick<ClusterSpec, 'name' | 'balancing'>): boolean {
    return spec.name === this.#cluster || this.concerns(spec);
  }

  /** There is a cluster that may: the own one has to be known. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#onWanted();
  }

  get isWanted(): boolean {
    return this.#wanted;
  }

  /** `onWanted`: called once, from when on it is. */
  whenWanted(onWanted: () => void): void {
    this.#onWanted = onWanted;
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
