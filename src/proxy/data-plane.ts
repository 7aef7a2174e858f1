// The data plane as a whole: takes configuration changes, keeps the live clusters, routes and listeners, and answers what it holds.
import { errorIssue, type Issue } from '../base/result.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { ClusterSpec } from '../model/cluster-spec.ts';
import type { Changes, ConfigSink, ResourceChanges } from '../model/config-sink.ts';
import {
  chainsOf,
  type HttpConnectionManagerSpec,
  httpManagersOf,
  type ListenerSpec,
  tcpClustersOf,
} from '../model/listener-spec.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { DownstreamTlsSpec } from '../model/tls-spec.ts';
import type { StatSink, StatSource } from '../telemetry/stats.ts';
import { ClusterManager } from './cluster-manager.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';
import { FilterCommons } from './filter/filter-commons.ts';
import { Listener, type ListenerOptions, type ListenerParts, routeKeysOf } from './listener/listener.ts';
import { ListenerAddresses } from './listener/listener-addresses.ts';
import { OnDemandRoutes, type OnDemandSpec } from './on-demand-routes.ts';
import type { RouteTable } from './route/route-table.ts';
import { RouteManager } from './route-manager.ts';
import { offeredProtocols } from './tls/offered-protocols.ts';
import { TlsFiles } from './tls/tls-files.ts';
import { TlsTerminator } from './tls/tls-terminator.ts';
import type { Cluster, ClusterOptions } from './upstream/cluster.ts';

const DEFAULT_HOLD_MS = 15_000;

export interface DataPlaneOptions {
  readonly listener: ListenerOptions;
  readonly cluster: ClusterOptions;
  /** How long new routes wait for a cluster that they name and that does not serve yet, ms (> 0). Default 15,000. */
  readonly holdMs?: number;
  /** For listeners whose routes come on demand; absent: such listeners are refused. */
  readonly onDemand?: OnDemandSpec;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is still missing, for people; empty when ready. */
  readonly waitingFor: readonly string[];
}

/** A listener that accepts, and the configuration that it runs on: the newest, or the one before while the newest waits for routes. */
interface LiveListener {
  readonly listener: Listener;
  spec: ListenerSpec;
}

export class DataPlane implements ConfigSink, StatSource {
  readonly #options: DataPlaneOptions;
  readonly #clusters: ClusterManager;
  readonly #tlsFiles: TlsFiles;
  readonly #routes: RouteManager;
  readonly #onDemand: OnDemandRoutes | null;
  readonly #filters = new FilterCommons();
  readonly #listenerSpecs = new Map<string, ListenerSpec>();
  readonly #listeners = new Map<string, LiveListener>();
  /** Listeners that were replaced or removed and still have connections. */
  readonly #retired = new Set<Listener>();
  /** Null: they have changed since the last question. */
  #addresses: ListenerAddresses<Listener> | null = null;
  /** Made when a listener is taken, so that a certificate that cannot be used is told then. */
  readonly #terminators = new WeakMap<DownstreamTlsSpec, TlsTerminator>();
  #applying = false;
  #settleQueued = false;
  #closed = false;
  #draining = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { shared, log } = options.listener;
    this.#tlsFiles = new TlsFiles(shared.clock, log);
    const own = { tlsFiles: this.#tlsFiles, onWarm: () => this.#settleSoon() };
    this.#clusters = new ClusterManager({ ...options.cluster, ...own });
    this.#routes = new RouteManager({
      clock: options.listener.shared.clock,
      log: options.listener.log,
      random: options.cluster.random,
      holdMs: options.holdMs ?? DEFAULT_HOLD_MS,
      slotOf: (name) => this.#clusters.slot(name),
      isServing: (name) => this.#clusters.isServing(name),
      onGiveUp: () => this.#settle(false),
    });
    this.#onDemand = this.#createOnDemand();
  }

  apply(changes: Changes): readonly Issue[] {
    const issues: Issue[] = [];
    this.#applying = true;
    // Make before break: what others point at comes first, and is taken away last.
    each(changes.clusters?.upserted, issues, (spec) => this.#clusters.upsert(spec));
    each(changes.endpoints?.upserted, issues, (spec) => this.#clusters.assign(spec));
    each(changes.routes?.upserted, issues, (spec) => this.#routes.upsert(spec.name, spec));
    each(changes.listeners?.upserted, issues, (spec) => this.#upsertListener(spec));
    for (const name of removedOf(changes.listeners)) this.#removeListener(name);
    for (const name of removedOf(changes.routes)) this.#routes.remove(name);
    for (const name of removedOf(changes.clusters)) this.#clusters.remove(name);
    for (const name of removedOf(changes.endpoints)) this.#clusters.forgetAssignment(name);
    this.#applying = false;
    if (changes.hints !== undefined) this.#onDemand?.applyHints(changes.hints);
    if (changes.names !== undefined) this.#onDemand?.applyNames(changes.names);
    this.#settle(removedOf(changes.clusters).length > 0);
    this.#onDemand?.refuse(removedOf(changes.routes));
    return issues;
  }

  get clusters(): readonly Cluster[] {
    return this.#clusters.clusters;
  }

  get listeners(): readonly Listener[] {
    return Array.from(this.#listeners.values(), ({ listener }) => listener);
  }

  get routeTables(): readonly RouteTable[] {
    return this.#routes.tables;
  }

  get activeRequests(): number {
    let active = 0;
    for (const listener of [...this.listeners, ...this.#retired]) active += listener.active;
    return active;
  }

  /** Ready = a listener accepts connections and everything that its routes need has come once, or is known not to exist. */
  readiness(): Readiness {
    const waitingFor: string[] = [];
    if (this.#draining) waitingFor.push('nothing: the sidecar is draining');
    if (this.#listenerSpecs.size === 0) waitingFor.push('listeners');
    for (const spec of this.#listenerSpecs.values()) {
      const live = this.#listeners.get(spec.name)?.listener;
      if (live === undefined) waitingFor.push(...this.#whyClosed(spec));
      else if (!live.listening) waitingFor.push(live.problem || `the addresses of listener "${spec.name}"`);
    }
    waitingFor.push(...this.#waitingBehindListeners());
    return { ready: waitingFor.length === 0, waitingFor };
  }

  /** What is not in force yet because something that it needs has not come: for people. */
  held(): readonly string[] {
    return this.#routes.held.map(
      ({ name, waitsFor }) =>
        `routes "${name}" wait for ${waitsFor.map((cluster) => `cluster "${cluster}"`).join(', ')}`,
    );
  }

  /** The troubles of whoever is asked on demand are others than before. */
  noteProblem(): void {
    this.#onDemand?.noteProblem();
  }

  /** What other processes of this sidecar say of clients that stay with an endpoint. */
  learnClients(homes: readonly ClientHomeSpec[]): void {
    for (const home of homes) this.#clusters.find(home.cluster)?.clients?.learn(home);
  }

  /** Of all clients that stay with an endpoint. */
  clientHomes(): readonly ClientHomeSpec[] {
    return this.clusters.flatMap(({ clients }) => clients?.homes() ?? []);
  }

  /** Begins to drain: readiness fails, answers close their connections. Work goes on and new work is taken until `close`. */
  drain(): void {
    this.#draining = true;
    for (const listener of this.listeners) listener.drain();
  }

  /** Connections to come are refused; those that are there stay. */
  stopAccepting(): void {
    for (const listener of this.listeners) listener.stopAccepting();
  }

  close(): void {
    this.#closed = true;
    this.#routes.close();
    this.#onDemand?.close();
    for (const listener of [...this.listeners, ...this.#retired]) listener.close();
    for (const cluster of this.clusters) cluster.close();
  }

  collect(sink: StatSink): void {
    for (const cluster of this.clusters) cluster.collect(sink);
    for (const listener of this.listeners) listener.collect(sink);
    this.#filters.collect(sink);
    this.#onDemand?.collect(sink);
  }

  /** A cluster has got its first endpoints, perhaps one of many in the same moment. */
  #settleSoon(): void {
    if (this.#applying || this.#settleQueued) return;
    this.#settleQueued = true;
    queueMicrotask(() => {
      this.#settleQueued = false;
      this.#settle(false);
    });
  }

  /** Brings into force what has all that it needs, and lets go of what nobody needs any more. */
  #settle(clustersRemoved: boolean): void {
    if (this.#closed) return;
    const renamed = this.#routes.nameDirectly(this.#namedClusters());
    const released = this.#routes.release();
    for (const spec of this.#listenerSpecs.values()) this.#settleListener(spec);
    const pruned = this.#routes.prune(this.#namedRoutes());
    if (released || renamed || pruned || clustersRemoved) this.#clusters.sweep(this.#routes.usedClusters());
    if (released) this.#onDemand?.settle();
  }

  #createOnDemand(): OnDemandRoutes | null {
    const { onDemand, listener, cluster } = this.#options;
    if (onDemand === undefined) return null;
    return new OnDemandRoutes(onDemand, {
      // One that a file names is that, whatever siblings say.
      ...(cluster.home?.cluster === '' ? { home: cluster.home } : {}),
      clock: listener.shared.clock,
      slotOf: (routes) => this.#routes.slot(routes),
      removeRoutes: (routes) => this.#routes.remove(routes),
      install: (clusters, routes) => this.#install(clusters, routes),
      uninstall: (clusters, routes) => this.#uninstall(clusters, routes),
    });
  }

  #install(clusters: readonly ClusterSpec[], routes: RouteConfigSpec): RouteSlot {
    for (const spec of clusters) this.#clusters.upsert(spec);
    this.#routes.upsert(routes.name, routes);
    this.#settle(false);
    return this.#routes.slot(routes.name);
  }

  /** What asks for it may be in the middle of settling what came. */
  #uninstall(clusters: readonly string[], routes: string): void {
    this.#routes.remove(routes);
    for (const name of clusters) this.#clusters.remove(name);
    this.#settleSoon();
  }

  /** What is dialled is not waited for by anybody but its callers, and what siblings hold for a while. */
  #waitingBehindListeners(): readonly string[] {
    if (![...this.#listenerSpecs.values()].some(servesOnDemand)) {
      return this.clusters.flatMap(({ warm, name }) => (warm ? [] : [`endpoints of cluster "${name}"`]));
    }
    return this.#onDemand?.waitingFor ?? [];
  }

  /** What listeners name, those that accept, and those that wait; and what is dialled. */
  #namedRoutes(): Set<string> {
    const named = new Set<string>(this.#onDemand?.routeNames);
    for (const spec of this.#listenerSpecs.values()) for (const key of routeKeysOf(spec).values()) named.add(key);
    for (const { spec } of this.#listeners.values()) for (const key of routeKeysOf(spec).values()) named.add(key);
    return named;
  }

  /** What listeners send connections to by themselves. */
  #namedClusters(): Set<string> {
    const named = new Set<string>();
    for (const spec of this.#listenerSpecs.values()) for (const name of tcpClustersOf(spec)) named.add(name);
    for (const { spec } of this.#listeners.values()) for (const name of tcpClustersOf(spec)) named.add(name);
    return named;
  }

  #upsertListener(spec: ListenerSpec): void {
    if (this.#onDemand === null && servesOnDemand(spec)) {
      throw new Error('takes its routes on demand, and this sidecar is told to hold everything');
    }
    for (const { tls, filter } of chainsOf(spec)) {
      if (tls === undefined) continue;
      const applicationProtocols = offeredProtocols(tls, filter);
      this.#terminators.set(tls, new TlsTerminator({ ...tls, applicationProtocols }, this.#tlsFiles));
    }
    this.#removeInlineRoutes(spec.name);
    this.#listenerSpecs.set(spec.name, spec);
    for (const [{ routes }, key] of routeKeysOf(spec)) {
      if (routes.kind === 'inline') this.#routes.upsert(key, routes.config);
    }
  }

  #removeListener(name: string): void {
    this.#removeInlineRoutes(name);
    this.#listenerSpecs.delete(name);
    const live = this.#listeners.get(name);
    if (live !== undefined) this.#retire(live.listener);
  }

  /** A listener without its routes would answer 404 to everybody: it opens when they have come, and a changed one serves as before until then. */
  #settleListener(spec: ListenerSpec): void {
    const live = this.#listeners.get(spec.name);
    if (live?.spec === spec) return;
    const keys = routeKeysOf(spec);
    for (const key of keys.values()) if (this.#routes.slot(key).table === null) return;
    if (tcpClustersOf(spec).some((cluster) => this.#routes.isAwaited(cluster))) return;
    const parts: ListenerParts = {
      routesOf: (http) => this.#onDemandSlot(http) ?? this.#routes.slot(keys.get(http) ?? ''),
      slotOf: (cluster) => this.#clusters.slot(cluster),
      terminatorOf: (tls) => this.#terminators.get(tls) as TlsTerminator,
    };
    if (live !== undefined && listensAlike(live.spec, spec)) {
      live.listener.update(spec, parts);
      live.spec = spec;
      return;
    }
    if (live !== undefined) this.#retire(live.listener);
    const own = { neighbours: () => this.#listenersByAddress(), filterCommons: this.#filters };
    const options = { ...this.#options.listener, ...own };
    this.#listeners.set(spec.name, { listener: new Listener(spec, parts, options), spec });
    this.#addresses = null;
  }

  /** Made anew at the first question after a change. */
  #listenersByAddress(): ListenerAddresses<Listener> {
    this.#addresses ??= new ListenerAddresses(this.listeners);
    return this.#addresses;
  }

  #onDemandSlot({ routes }: HttpConnectionManagerSpec): RouteSlot | null {
    return routes.kind === 'on-demand' ? (this.#onDemand?.slot ?? null) : null;
  }

  /** What stands in the listener goes with it. */
  #removeInlineRoutes(listener: string): void {
    const spec = this.#listenerSpecs.get(listener);
    if (spec === undefined) return;
    for (const [{ routes }, key] of routeKeysOf(spec)) if (routes.kind === 'inline') this.#routes.remove(key);
  }

  /** Routes that do not exist hold back their own listener only, not the readiness that others give. */
  #whyClosed(spec: ListenerSpec): string[] {
    const clusters = tcpClustersOf(spec).filter((cluster) => this.#routes.isAwaited(cluster));
    if (clusters.length > 0) return clusters.map((cluster) => `cluster "${cluster}" of listener "${spec.name}"`);
    const open = [...routeKeysOf(spec).values()].filter((key) => this.#routes.slot(key).table === null);
    if (!open.every((key) => this.#routes.isMissing(key))) return [`routes of listener "${spec.name}"`];
    if (this.listeners.some((listener) => listener.bindsToPort && listener.listening)) return [];
    return [`routes of listener "${spec.name}", which the control plane does not have`];
  }

  #retire(listener: Listener): void {
    this.#listeners.delete(listener.name);
    this.#addresses = null;
    listener.stopAccepting();
    listener.drain();
    this.#retired.add(listener);
    for (const old of this.#retired) if (old.connections === 0) this.#retired.delete(old);
  }
}

function servesOnDemand(spec: ListenerSpec): boolean {
  return httpManagersOf(spec).some(({ routes }) => routes.kind === 'on-demand');
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

/** The addresses are what a listener takes up when it is made. */
function listensAlike(a: ListenerSpec, b: ListenerSpec): boolean {
  const text = ({ address, additionalAddresses, bindToPort }: ListenerSpec): string =>
    JSON.stringify([address, additionalAddresses, bindToPort]);
  return text(a) === text(b);
}
