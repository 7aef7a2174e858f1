// The live clusters by name, which load assignments they follow, and changed ones that warm behind them until their endpoints have come.
import type { ClusterSpec } from '../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../model/endpoint-spec.ts';
import { PlacesMemo } from './lb/places-memo.ts';
import { Cluster, type ClusterOptions, type ClusterSlot } from './upstream/cluster.ts';

export class ClusterManager {
  readonly #options: ClusterOptions;
  readonly #slots = new Map<string, ClusterSlot>();
  readonly #assignments = new Map<string, LoadAssignmentSpec>();
  /** Clusters by the name of the load assignment that they follow. */
  readonly #followers = new Map<string, Set<Cluster>>();
  /** Changed configurations whose load assignment has not come: the old one serves meanwhile. */
  readonly #warming = new Map<string, ClusterSpec>();
  /** Clusters that are to go as soon as no route names them. */
  readonly #leaving = new Set<string>();

  constructor(options: ClusterOptions) {
    this.#options = { places: new PlacesMemo(), ...options };
    options.home?.watch(() => {
      for (const cluster of this.clusters) cluster.rebalance();
    });
  }

  /** The same slot for the same name, for as long as it is in use; it is empty while there is no such cluster. */
  slot(name: string): ClusterSlot {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = { name, cluster: null };
      this.#slots.set(name, slot);
    }
    return slot;
  }

  /** Null = there is none of that name. */
  find(name: string): Cluster | null {
    return this.#slots.get(name)?.cluster ?? null;
  }

  get clusters(): readonly Cluster[] {
    const live: Cluster[] = [];
    for (const slot of this.#slots.values()) if (slot.cluster !== null) live.push(slot.cluster);
    return live;
  }

  /** It is there and its endpoints have been told. */
  isServing(name: string): boolean {
    return this.#slots.get(name)?.cluster?.warm === true;
  }

  upsert(spec: ClusterSpec): void {
    this.#leaving.delete(spec.name);
    if (spec.balancing?.locality?.kind === 'zone-aware') this.#options.home?.want();
    const slot = this.slot(spec.name);
    const live = slot.cluster;
    const service = assignmentOf(spec);
    if (live === null) {
      slot.cluster = new Cluster(spec, this.#options);
      if (service !== null) this.#follow(service, slot.cluster);
    } else if (
      live.warm &&
      service !== null &&
      service !== assignmentOf(live.spec) &&
      !this.#assignments.has(service)
    ) {
      this.#warming.set(spec.name, spec);
    } else this.#replace(live, spec);
  }

  /** It goes when `sweep` finds that no route names it any more. */
  remove(name: string): void {
    this.#warming.delete(name);
    if (this.#slots.get(name)?.cluster != null) this.#leaving.add(name);
  }

  /** Lets go of removed clusters and of empty names that are not in use. Requests in work are finished on the cluster that they began with. */
  sweep(used: ReadonlySet<string>): void {
    for (const name of this.#leaving) if (!used.has(name)) this.#drop(name);
    for (const [name, slot] of this.#slots) if (slot.cluster === null && !used.has(name)) this.#slots.delete(name);
  }

  assign(assignment: LoadAssignmentSpec): void {
    this.#assignments.set(assignment.name, assignment);
    for (const cluster of this.#followers.get(assignment.name) ?? []) cluster.assign(assignment);
    for (const [name, spec] of this.#warming) {
      const live = this.#slots.get(name)?.cluster;
      if (live != null && assignmentOf(spec) === assignment.name) this.#replace(live, spec);
    }
  }

  /**
   * There is no such assignment (any more). Who has had one keeps those endpoints for as long as the cluster is configured: the last
   * good ones. Who still waits for it serves without any.
   */
  forgetAssignment(name: string): void {
    this.#assignments.delete(name);
    for (const cluster of this.#followers.get(name) ?? []) if (!cluster.warm) cluster.assign({ name, localities: [] });
  }

  #replace(live: Cluster, spec: ClusterSpec): void {
    this.#warming.delete(spec.name);
    const before = assignmentOf(live.spec);
    const service = assignmentOf(spec);
    live.update(spec);
    if (before === service) return;
    if (before !== null) this.#unfollow(before, live);
    if (service !== null) this.#follow(service, live);
  }

  #drop(name: string): void {
    this.#leaving.delete(name);
    const slot = this.#slots.get(name);
    if (slot === undefined || slot.cluster === null) return;
    const service = assignmentOf(slot.cluster.spec);
    if (service !== null) this.#unfollow(service, slot.cluster);
    slot.cluster.drain();
    slot.cluster = null;
  }

  #follow(service: string, cluster: Cluster): void {
    const followers = this.#followers.get(service) ?? new Set();
    this.#followers.set(service, followers.add(cluster));
    const known = this.#assignments.get(service);
    if (known !== undefined) cluster.assign(known);
  }

  #unfollow(service: string, cluster: Cluster): void {
    const followers = this.#followers.get(service);
    followers?.delete(cluster);
    if (followers?.size === 0) this.#followers.delete(service);
  }
}

function assignmentOf(spec: ClusterSpec): string | null {
  return spec.discovery.kind === 'eds' ? spec.discovery.serviceName : null;
}
