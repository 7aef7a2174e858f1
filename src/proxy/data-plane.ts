// The data plane as a whole: takes configuration changes, keeps the live clusters, routes and listeners, and answers what it holds.
import { errorIssue, type Issue } from '../base/result.ts';
import type { Changes, ConfigSink, ResourceChanges } from '../model/config-sink.ts';
import type { ListenerSpec } from '../model/listener-spec.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { StatSink, StatSource } from '../telemetry/stats.ts';
import { ClusterManager } from './cluster-manager.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';
import { Listener, type ListenerOptions } from './listener/listener.ts';
import { RouteTable } from './route/route-table.ts';
import type { Cluster, ClusterOptions } from './upstream/cluster.ts';

export interface DataPlaneOptions {
  readonly listener: ListenerOptions;
  readonly cluster: ClusterOptions;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is still missing, for people; empty when ready. */
  readonly waitingFor: readonly string[];
}

export class DataPlane implements ConfigSink, StatSource {
  readonly #options: DataPlaneOptions;
  readonly #clusters: ClusterManager;
  readonly #routes = new Map<string, RouteSlot>();
  readonly #listenerSpecs = new Map<string, ListenerSpec>();
  readonly #listeners = new Map<string, Listener>();
  /** Listeners that were replaced or removed and still have work. */
  readonly #retired = new Set<Listener>();
  #draining = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#clusters = new ClusterManager(options.cluster);
  }

  apply(changes: Changes): readonly Issue[] {
    const issues: Issue[] = [];
    // Make before break: what others point at comes first, and is taken away last.
    each(changes.clusters?.upserted, issues, (spec) => this.#clusters.upsert(spec));
    each(changes.endpoints?.upserted, issues, (spec) => this.#clusters.assign(spec));
    each(changes.routes?.upserted, issues, (spec) => this.#upsertRoutes(spec));
    each(changes.listeners?.upserted, issues, (spec) => this.#upsertListener(spec));
    for (const name of removedOf(changes.listeners)) this.#removeListener(name);
    for (const name of removedOf(changes.routes)) this.#routeSlot(name).table = null;
    for (const name of removedOf(changes.clusters)) this.#clusters.remove(name);
    for (const name of removedOf(changes.endpoints)) this.#clusters.forgetAssignment(name);
    return issues;
  }

  get clusters(): readonly Cluster[] {
    return this.#clusters.clusters;
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.values()];
  }

  get routeTables(): readonly RouteTable[] {
    const tables: RouteTable[] = [];
    for (const slot of this.#routes.values()) if (slot.table !== null) tables.push(slot.table);
    return tables;
  }

  get activeRequests(): number {
    let active = 0;
    for (const listener of [...this.#listeners.values(), ...this.#retired]) active += listener.activeRequests;
    return active;
  }

  /** Ready = a listener accepts connections and everything that its routes need has come once. */
  readiness(): Readiness {
    const waitingFor: string[] = [];
    if (this.#draining) waitingFor.push('nothing: the sidecar is draining');
    if (this.#listenerSpecs.size === 0) waitingFor.push('listeners');
    for (const spec of this.#listenerSpecs.values()) {
      const listener = this.#listeners.get(spec.name);
      if (listener === undefined) waitingFor.push(`routes of listener "${spec.name}"`);
      else if (!listener.listening) waitingFor.push(listener.problem || `the addresses of listener "${spec.name}"`);
    }
    for (const cluster of this.clusters) if (!cluster.warm) waitingFor.push(`endpoints of cluster "${cluster.name}"`);
    return { ready: waitingFor.length === 0, waitingFor };
  }

  /** Begins to drain: readiness fails, answers close their connections. Work goes on and new work is taken until `close`. */
  drain(): void {
    this.#draining = true;
    for (const listener of this.#listeners.values()) listener.drain();
  }

  close(): void {
    for (const listener of [...this.#listeners.values(), ...this.#retired]) listener.close();
    for (const cluster of this.clusters) cluster.close();
  }

  collect(sink: StatSink): void {
    for (const cluster of this.clusters) cluster.collect(sink);
    for (const listener of this.#listeners.values()) listener.collect(sink);
  }

  #routeSlot(name: string): RouteSlot {
    let slot = this.#routes.get(name);
    if (slot === undefined) {
      slot = { name, table: null };
      this.#routes.set(name, slot);
    }
    return slot;
  }

  #upsertRoutes(spec: RouteConfigSpec): void {
    this.#routeSlot(spec.name).table = new RouteTable(spec, (name) => this.#clusters.slot(name));
    this.#openWaitingListeners();
  }

  #upsertListener(spec: ListenerSpec): void {
    const before = this.#listenerSpecs.get(spec.name);
    this.#listenerSpecs.set(spec.name, spec);
    const live = this.#listeners.get(spec.name);
    if (
      live !== undefined &&
      before !== undefined &&
      sameAddresses(before, spec) &&
      routesName(before) === routesName(spec)
    ) {
      if (spec.http.routes.kind === 'inline') this.#upsertRoutes(spec.http.routes.config);
      live.update(spec.http);
      return;
    }
    if (live !== undefined) this.#retire(live);
    if (spec.http.routes.kind === 'inline') this.#upsertRoutes(spec.http.routes.config);
    this.#openWaitingListeners();
  }

  #removeListener(name: string): void {
    this.#listenerSpecs.delete(name);
    const live = this.#listeners.get(name);
    if (live !== undefined) this.#retire(live);
  }

  /** A listener without its routes would answer 404 to everybody: it opens when they have come. */
  #openWaitingListeners(): void {
    for (const spec of this.#listenerSpecs.values()) {
      if (this.#listeners.has(spec.name)) continue;
      const slot = this.#routeSlot(routesName(spec));
      if (slot.table !== null) this.#listeners.set(spec.name, new Listener(spec, slot, this.#options.listener));
    }
  }

  #retire(listener: Listener): void {
    this.#listeners.delete(listener.name);
    listener.stopAccepting();
    listener.drain();
    this.#retired.add(listener);
    for (const old of this.#retired) if (old.activeRequests === 0) this.#retired.delete(old);
  }
}

function routesName(spec: ListenerSpec): string {
  return spec.http.routes.kind === 'rds' ? spec.http.routes.name : spec.http.routes.config.name;
}

function removedOf(changes: ResourceChanges<unknown> | undefined): readonly string[] {
  return changes?.removed ?? [];
}

/** One bad resource must not keep the others out. */
function each<T extends { readonly name: string }>(
  specs: readonly T[] | undefined,
  issues: Issue[],
  apply: (spec: T) => void,
): void {
  for (const spec of specs ?? []) {
    try {
      apply(spec);
    } catch (error) {
      issues.push(
        errorIssue(`cannot be applied: ${error instanceof Error ? error.message : String(error)}`, {
          source: spec.name,
        }),
      );
    }
  }
}

function sameAddresses(a: ListenerSpec, b: ListenerSpec): boolean {
  const text = (spec: ListenerSpec): string => JSON.stringify([spec.address, spec.additionalAddresses]);
  return text(a) === text(b);
}
