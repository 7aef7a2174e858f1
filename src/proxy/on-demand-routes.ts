// The routes that a sidecar holds because they are dialled: asks for them at the first request, lets go of them when nobody comes any more.
import type { Cancel, Clock } from '../base/clock.ts';
import type { ResourceChanges } from '../model/config-sink.ts';
import { outboundClusterName, parseDialledName, portRouteName } from '../model/names.ts';
import type { ConfigDemand, OnUnavailable } from '../model/on-demand.ts';
import type { PrefetchHintsSpec } from '../model/prefetch-hints-spec.ts';
import type { ServiceNameSpec, ServicePortName } from '../model/service-name-spec.ts';
import type { StatSink, StatSource } from '../telemetry/stats.ts';
import { DialledAuthorities, DialledPort } from './dialled-authorities.ts';
import type { RouteSlot } from './exchange/exchange-context.ts';
import type { RouteDemand, RouteWaiter } from './exchange/route-demand.ts';
import { type PassthroughParts, PassthroughRoutes } from './passthrough-routes.ts';
import { Prefetch } from './prefetch.ts';
import { explainUnknownName } from './route/explain-miss.ts';
import { NameTable } from './route/name-table.ts';
import type { RouteTable } from './route/route-table.ts';
import type { ClusterOptions } from './upstream/cluster.ts';

export interface OnDemandSpec {
  /** That short names are seen from. */
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly demand: ConfigDemand;
  /** How long a request waits for its routes, ms (> 0). */
  readonly waitMs: number;
  /** What nobody dialled for this long is let go of, ms; 0 = nothing is. */
  readonly idleMs: number;
  /** What counts as asked for and held from the beginning. Default: nothing. */
  readonly dialled?: readonly ServicePortName[];
  /** How long readiness waits for what siblings hold, from when names have come, ms; 0 = that is not asked for. */
  readonly prefetchWaitMs: number;
  /** What becomes of calls to what is not held while the demand is out of reach. */
  readonly onUnavailable: OnUnavailable;
}

/** Of the data plane. */
export interface OnDemandParts extends PassthroughParts {
  readonly clock: Clock;
  /** The same for the same name, until it is removed. */
  readonly slotOf: (routes: string) => RouteSlot;
  readonly removeRoutes: (routes: string) => void;
  /** The cluster that the sidecar is of, to be found out; absent: nobody keeps to zones, or it is known. */
  readonly home?: Home;
}

type Home = NonNullable<ClusterOptions['home']>;

interface Waiting {
  readonly authority: string;
  /** Null while names have not come. */
  readonly port: DialledPort | null;
}

/** Idle ports are looked for so many times in `idleMs`. */
const SWEEPS = 10;

export class OnDemandRoutes implements RouteDemand, StatSource {
  readonly waitMs: number;
  /** For listeners whose routes come on demand. */
  readonly slot: RouteSlot = { name: 'on-demand', table: null, demand: this };
  readonly #spec: OnDemandSpec;
  readonly #parts: OnDemandParts;
  readonly #names: NameTable;
  readonly #prefetch: Prefetch;
  readonly #passthrough: PassthroughRoutes;
  readonly #authorities = new DialledAuthorities();
  /** By name of their routes. */
  readonly #ports = new Map<string, DialledPort>();
  readonly #waiting = new Map<RouteWaiter, Waiting>();
  readonly #stopSweeping: Cancel;
  /** What the sidecar's own pod is behind; null = nobody has said. */
  #home: ServicePortName | null = null;
  #waits = 0;
  #timeouts = 0;
  #subscribed = 0;
  #dropped = 0;
  #passedThrough = 0;

  constructor(spec: OnDemandSpec, parts: OnDemandParts) {
    this.waitMs = spec.waitMs;
    this.#spec = spec;
    this.#parts = parts;
    this.#names = new NameTable(spec.namespace, spec.clusterDomain);
    this.#prefetch = new Prefetch(parts.clock, spec.prefetchWaitMs);
    this.#passthrough = new PassthroughRoutes(parts);
    for (const port of spec.dialled ?? []) this.#hold(port);
    // Not at once: whoever brings clusters is in the middle of it.
    parts.home?.whenWanted(() => queueMicrotask(() => this.#holdHome()));
    this.#stopSweeping = spec.idleMs === 0 ? () => {} : parts.clock.every(spec.idleMs / SWEEPS, () => this.#sweep());
  }

  /** What keeps the sidecar from being ready, for people: the names of the mesh, and then for a while what siblings hold. */
  get waitingFor(): readonly string[] {
    if (!this.#names.synced) return ['the names of the mesh'];
    const { waitingFor } = this.#prefetch;
    return waitingFor === '' ? [] : [waitingFor];
  }

  /** Names of the routes that are held, or asked for. */
  get routeNames(): Iterable<string> {
    return this.#ports.keys();
  }

  tableOf(authority: string, nowMs: number): RouteTable | null {
    const port = this.#authorities.get(authority) ?? this.#find(authority);
    if (port === null) return null;
    port.usedAtMs = nowMs;
    return port.slot.table;
  }

  ask(authority: string, waiter: RouteWaiter): void {
    const port = this.#names.synced ? this.#dial(authority) : null;
    if (port === null && this.#names.synced) {
      waiter.onNoRoutes('no_route', explainUnknownName(this.#names, authority));
      return;
    }
    const table = port?.slot.table ?? null;
    if (table !== null) {
      // Routes come to those too who have not asked for them.
      waiter.onRoutes(table, '');
      return;
    }
    const detour = port === null ? null : this.#detour(port);
    if (detour !== null) {
      this.#passThrough(detour, waiter);
      return;
    }
    this.#waits += 1;
    this.#waiting.set(waiter, { authority, port });
  }

  forget(waiter: RouteWaiter): void {
    this.#waiting.delete(waiter);
  }

  giveUp(waiter: RouteWaiter): string {
    const port = this.#waiting.get(waiter)?.port ?? null;
    this.#waiting.delete(waiter);
    this.#timeouts += 1;
    const what = port === null ? 'the names of the mesh have' : `the routes of ${port.slot.name} have`;
    const { problem } = this.#spec.demand;
    return `${what} not come within ${this.waitMs} ms${problem === null ? '' : `; ${problem}`}`;
  }

  applyHints({ upserted }: ResourceChanges<PrefetchHintsSpec>): void {
    const early = this.#spec.prefetchWaitMs > 0 && !this.#names.synced;
    if (early) for (const { routes } of upserted) this.#prefetch.hint(routes);
    for (const { home } of upserted) {
      const parsed = home === undefined ? null : parseDialledName(home);
      if (parsed !== null) this.#home = { host: parsed.name, port: parsed.port };
    }
    this.#holdHome();
  }

  applyNames(changes: ResourceChanges<ServiceNameSpec>): void {
    this.#names.apply(changes);
    this.#ahead(this.#prefetch.takeHints());
    this.#holdHome();
    this.#authorities.clear();
    for (const [waiter, { authority, port }] of [...this.#waiting]) {
      if (port !== null && this.#names.has(port.port)) continue;
      this.#waiting.delete(waiter);
      this.ask(authority, waiter);
    }
    // Not at once: whoever brings names is in the middle of it.
    if (this.#unnamed().length > 0) queueMicrotask(() => this.#drop(this.#unnamed()));
  }

  /** Routes may have come into force. */
  settle(): void {
    this.#prefetch.settle();
    for (const [waiter, { port }] of [...this.#waiting]) {
      const table = port?.slot.table ?? null;
      if (table !== null && this.#waiting.delete(waiter)) waiter.onRoutes(table, '');
    }
    for (const name of this.#passthrough.names()) {
      if ((this.#ports.get(name)?.slot.table ?? null) !== null) this.#passthrough.remove(name);
    }
  }

  /** Whoever is asked may be out of reach now: then those who wait need not. */
  noteProblem(): void {
    for (const [waiter, { port }] of [...this.#waiting]) {
      const detour = port === null ? null : this.#detour(port);
      if (detour !== null && this.#waiting.delete(waiter)) this.#passThrough(detour, waiter);
    }
  }

  /** The control plane says that there are no such routes, or has not sent them in its own time. */
  refuse(routes: readonly string[]): void {
    const names = new Set(routes);
    this.#prefetch.refuse(names);
    for (const [waiter, { port }] of [...this.#waiting]) {
      if (port === null || port.slot.table !== null || !names.has(port.slot.name)) continue;
      if (this.#waiting.delete(waiter)) {
        waiter.onNoRoutes('not_configured', `the control plane does not have the routes of ${port.slot.name}`);
      }
    }
  }

  close(): void {
    this.#stopSweeping();
    this.#prefetch.close();
  }

  collect(sink: StatSink): void {
    sink.gauge('control_plane', '', 'on_demand_names', this.#names.size);
    sink.gauge('control_plane', '', 'on_demand_held', this.#ports.size);
    sink.gauge('control_plane', '', 'on_demand_waiting', this.#waiting.size);
    sink.counter('control_plane', '', 'on_demand_subscribed', this.#subscribed);
    sink.counter('control_plane', '', 'on_demand_dropped', this.#dropped);
    sink.counter('control_plane', '', 'on_demand_waits', this.#waits);
    sink.counter('control_plane', '', 'on_demand_wait_timeouts', this.#timeouts);
    sink.counter('control_plane', '', 'on_demand_passthrough', this.#passedThrough);
    this.#prefetch.collect(sink);
  }

  /** What `authority` means, where that is held or asked for. */
  #find(authority: string): DialledPort | null {
    const meant = this.#names.resolve(authority);
    const port = meant === null ? undefined : this.#ports.get(portRouteName(meant.port, meant.host));
    if (port === undefined) return null;
    this.#prefetch.noteUse(port);
    this.#authorities.set(authority, port);
    return port;
  }

  /** Null: there is no such name. */
  #dial(authority: string): DialledPort | null {
    const known = this.#find(authority);
    if (known !== null) return known;
    const meant = this.#names.resolve(authority);
    if (meant === null) return null;
    const port = this.#hold(meant);
    this.#subscribed += 1;
    this.#spec.demand.subscribe([meant]);
    return port;
  }

  /** Asks for what siblings hold, as far as it is there to ask for. */
  #ahead(hints: readonly ServicePortName[]): void {
    const names = hints.filter((port) => this.#names.has(port));
    const fresh = names.filter((port) => !this.#ports.has(portRouteName(port.port, port.host)));
    if (fresh.length === 0) return;
    this.#prefetch.begin(fresh.map((port) => this.#hold(port)));
    this.#subscribed += fresh.length;
    this.#spec.demand.subscribe(fresh);
  }

  /** Asks for what the own pod is behind, where somebody keeps to zones and it is there to ask for. */
  #holdHome(): void {
    const [home, port] = [this.#parts.home, this.#home];
    if (home?.isWanted !== true || port === null || !this.#names.has(port)) return;
    const held = this.#ports.get(portRouteName(port.port, port.host));
    if (held === undefined) this.#spec.demand.subscribe([port]);
    (held ?? this.#hold(port)).kept = true;
    home.become(outboundClusterName(port.port, port.host));
  }

  #hold(meant: ServicePortName): DialledPort {
    const name = portRouteName(meant.port, meant.host);
    const port = new DialledPort(meant, this.#parts.slotOf(name), this.#parts.clock.now());
    this.#ports.set(name, port);
    return port;
  }

  /** The way to the Service's own address, where routes cannot be asked for. */
  #detour({ port }: DialledPort): RouteTable | null {
    const { onUnavailable, demand } = this.#spec;
    if (onUnavailable !== 'passthrough' || !demand.unreachable) return null;
    const address = this.#names.vipOf(port);
    return address === null ? null : this.#passthrough.tableTo(port, address);
  }

  #passThrough(detour: RouteTable, waiter: RouteWaiter): void {
    this.#passedThrough += 1;
    waiter.onRoutes(detour, `passthrough: ${this.#spec.demand.problem}`);
  }

  /** Ports that the mesh has no more. */
  #unnamed(): readonly DialledPort[] {
    return [...this.#ports.values()].filter(({ port }) => !this.#names.has(port));
  }

  #sweep(): void {
    const before = this.#parts.clock.now() - this.#spec.idleMs;
    const wanted = new Set(Array.from(this.#waiting.values(), ({ port }) => port));
    this.#drop([...this.#ports.values()].filter((port) => port.usedAtMs <= before && !wanted.has(port) && !port.kept));
  }

  #drop(ports: readonly DialledPort[]): void {
    if (ports.length === 0) return;
    for (const port of ports) {
      this.#ports.delete(port.slot.name);
      this.#parts.removeRoutes(port.slot.name);
      this.#prefetch.drop(port);
      this.#passthrough.remove(port.slot.name);
      if (port.kept) this.#parts.home?.become('');
    }
    this.#authorities.clear();
    this.#dropped += ports.length;
    const names: readonly ServicePortName[] = ports.map(({ port }) => port);
    this.#spec.demand.unsubscribe(names);
  }
}
