// The live clusters by name, and which load assignments they follow.
import type { ClusterSpec } from '../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../model/endpoint-spec.ts';
import { Cluster, type ClusterOptions, type ClusterSlot } from './upstream/cluster.ts';

export class ClusterManager {
  readonly #options: ClusterOptions;
  readonly #slots = new Map<string, ClusterSlot>();
  readonly #assignments = new Map<string, LoadAssignmentSpec>();
  /** Clusters by the name of the load assignment that they follow. */
  readonly #followers = new Map<string, Set<Cluster>>();

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** The same slot for the same name, always; it is empty while there is no such cluster. */
  slot(name: string): ClusterSlot {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = { name, cluster: null };
      this.#slots.set(name, slot);
    }
    return slot;
  }

  get clusters(): readonly Cluster[] {
    const live: Cluster[] = [];
    for (const slot of this.#slots.values()) if (slot.cluster !== null) live.push(slot.cluster);
    return live;
  }

  upsert(spec: ClusterSpec): void {
    const slot = this.slot(spec.name);
    const before = slot.cluster?.spec;
    if (slot.cluster === null) slot.cluster = new Cluster(spec, this.#options);
    else slot.cluster.update(spec);
    const service = assignmentOf(spec);
    if (before !== undefined && assignmentOf(before) === service) return;
    if (before !== undefined) this.#unfollow(before, slot.cluster);
    if (service !== null) this.#follow(service, slot.cluster);
  }

  /** Requests in work are finished on the cluster that they began with. */
  remove(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined || slot.cluster === null) return;
    this.#unfollow(slot.cluster.spec, slot.cluster);
    slot.cluster.drain();
    slot.cluster = null;
  }

  assign(assignment: LoadAssignmentSpec): void {
    this.#assignments.set(assignment.name, assignment);
    for (const cluster of this.#followers.get(assignment.name) ?? []) cluster.assign(assignment);
  }

  forgetAssignment(name: string): void {
    this.#assignments.delete(name);
  }

  #follow(service: string, cluster: Cluster): void {
    const followers = this.#followers.get(service) ?? new Set();
    this.#followers.set(service, followers.add(cluster));
    const known = this.#assignments.get(service);
    if (known !== undefined) cluster.assign(known);
  }

  #unfollow(spec: ClusterSpec, cluster: Cluster): void {
    const service = assignmentOf(spec);
    if (service === null) return;
    const followers = this.#followers.get(service);
    followers?.delete(cluster);
    if (followers?.size === 0) this.#followers.delete(service);
  }
}

function assignmentOf(spec: ClusterSpec): string | null {
  return spec.discovery.kind === 'eds' ? spec.discovery.serviceName : null;
}
