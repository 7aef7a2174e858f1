// @hot
// A live cluster: its endpoints, the picker over them, a pool for each, and what they share.
import { type Random, randomBelow } from '../../base/random.ts';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { DEFAULT_OVERPROVISIONING_FACTOR, type LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { StatSink, StatSource } from '../../telemetry/stats.ts';
import { type Balanced, balance } from '../balance/balance.ts';
import type { Home } from '../balance/home.ts';
import { type Place, UNKNOWN_PLACE } from '../balance/place.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { EndpointSet, type LocalityEndpoints } from '../endpoint/endpoint-set.ts';
import { createProbe } from '../health/create-probe.ts';
import { HealthChecker, type HealthCheckerOptions, type HealthEvent } from '../health/health-checker.ts';
import type { CreateProbe } from '../health/probe.ts';
import { LOAD_BALANCERS } from '../lb/index.ts';
import type { Balancer, LoadBalancer, PickContext, Picker, PickerContext } from '../lb/load-balancer.ts';
import type { PlacesMemo } from '../lb/places-memo.ts';
import { rendezvous } from '../lb/rendezvous.ts';
import { MirrorTarget } from '../mirror/mirror-target.ts';
import type { OutlierEvent } from '../outlier/ejections.ts';
import { OutlierDetector, type OutlierDetectorOptions } from '../outlier/outlier-detector.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';
import { type ClientSharing, ClientTable } from './client-table.ts';
import { ClusterDiscovery, type DiscoveryOwner } from './cluster-discovery.ts';
import { ClusterRetries } from './cluster-retries.ts';
import { ClusterStats } from './cluster-stats.ts';
import type { Dial } from './connection-pool.ts';
import type { DnsOptions } from './dns-watch.ts';
import { type EndpointPool, EndpointPools, type EndpointPoolsOptions } from './endpoint-pools.ts';
import type { RetryBudgetSpec } from './retry-budget.ts';
import { SessionEndpoints, type SessionSource, whereverTheCallerIs } from './session-endpoints.ts';

export interface ClusterOptions extends EndpointPoolsOptions {
  readonly random: Random;
  /** Default: DEFAULT_RETRY_BUDGET. */
  readonly retryBudget?: RetryBudgetSpec;
  /** Where this sidecar is; absent: not known. */
  readonly place?: Place;
  /** The cluster that this sidecar is of; absent: requests do not keep to zones. */
  readonly home?: Home;
  /** Absent: clusters that look names up are refused. */
  readonly dns?: DnsOptions;
  /** An endpoint of `cluster` was taken out for what it answered, or let back in. */
  readonly onOutlier?: (cluster: string, event: OutlierEvent) => void;
  /** How endpoints are asked whether they can serve; default: by connections. */
  readonly createProbe?: CreateProbe;
  /** A health check has found that an endpoint of `cluster` is another than before. */
  readonly onHealth?: (cluster: string, event: HealthEvent) => void;
  /** Called when a cluster has been told its endpoints for the first time, and they were checked where they are. */
  readonly onWarm?: () => void;
  /** Whoever brings endpoints is there, so that there are no others than those that are known; absent: always. */
  readonly isCurrent?: () => boolean;
  /** Absent: this process is the only one of its sidecar. */
  readonly clientSharing?: ClientSharing;
  /** What hashing has built before, for all clusters; absent: everything is built anew. */
  readonly places?: PlacesMemo;
}

/** A name that routes hold on to: the cluster behind it may come, change and go without the routes being compiled again. */
export interface ClusterSlot {
  readonly name: string;
  cluster: Cluster | null;
}

export class Cluster implements StatSource, DiscoveryOwner, SessionSource {
  readonly name: string;
  readonly stats = new ClusterStats();
  /** Which attempts after the first are allowed. */
  readonly retries: ClusterRetries;
  readonly #options: ClusterOptions;
  readonly #endpoints: EndpointSet;
  readonly #pools: EndpointPools;
  readonly #discovery: ClusterDiscovery;
  #spec: ClusterSpec;
  /** Of this sidecar and this cluster, for as long as it lives. */
  readonly #seed: number;
  #picker: Picker;
  #needsHash = false;
  /** Whom the picker can answer with. */
  #eligible: readonly Endpoint[] = [];
  #overprovisioningFactor = DEFAULT_OVERPROVISIONING_FACTOR;
  /** Null = nobody is taken out for what it answers, or nobody was called yet. */
  #outliers: OutlierDetector | null = null;
  /** Null = no request had a session yet. */
  #sessions: SessionEndpoints | null = null;
  /** Null = it got no copies yet. */
  #mirror: MirrorTarget | null = null;
  /** Null = nobody asks endpoints whether they can serve. */
  #health: HealthChecker | null = null;
  /** The last one; null = there was none. */
  #assignment: LoadAssignmentSpec | null = null;
  #warm = false;
  /** Null = clients are with no endpoint. */
  clients: ClientTable | null = null;
  #version = 0;

  constructor(spec: ClusterSpec, options: ClusterOptions) {
    this.name = spec.name;
    this.#spec = spec;
    this.#options = options;
    this.#seed = randomBelow(options.random, 2 ** 32);
    this.retries = new ClusterRetries(this.stats, options); // alloc-ok: once a cluster
    this.retries.update(spec.circuitBreakers);
    this.#pools = new EndpointPools(spec, this.stats, options, (endpoint) => this.watch(endpoint)); // alloc-ok: once a cluster
    this.#endpoints = new EndpointSet((endpoint) => this.onEndpointRemoved(endpoint), options.pool.now);
    this.#updateHealth(spec);
    this.#picker = this.#createPicker();
    this.#discovery = new ClusterDiscovery(this, options.pool.wheel, options.dns ?? null); // alloc-ok: once a cluster
    this.#discovery.follow(spec);
  }

  get spec(): ClusterSpec {
    return this.#spec;
  }

  /** Its endpoints have been told at least once (they may be none), and were asked whether they can serve, where they are. */
  get warm(): boolean {
    return this.#warm;
  }

  get endpoints(): Iterable<Endpoint> {
    return this.#discovery.originalDst === null ? this.#endpoints.all : this.#discovery.originalDst.all;
  }

  get endpointCount(): number {
    return this.#discovery.originalDst === null ? this.#endpoints.size : this.#discovery.originalDst.size;
  }

  /** Takes a changed configuration; endpoints, numbers and, while protocol and limits of heads are the same, connections stay. */
  update(spec: ClusterSpec): void {
    this.#spec = spec;
    this.#updateOutliers(spec);
    this.retries.update(spec.circuitBreakers);
    this.#pools.update(spec);
    this.#updateHealth(spec);
    this.#picker = this.#createPicker();
    this.#discovery.follow(spec);
  }

  assign(assignment: LoadAssignmentSpec): void {
    this.#assignment = assignment;
    this.stats.updates += 1;
    this.#overprovisioningFactor = assignment.overprovisioningFactor ?? DEFAULT_OVERPROVISIONING_FACTOR;
    this.#useEndpoints(assignment);
    this.#settle();
  }

  #useEndpoints(assignment: LoadAssignmentSpec): void {
    const health = this.#spec.removesHealthy === true ? null : this.#health;
    // alloc-ok: update time
    this.#endpoints.update(assignment, (endpoint) => health?.keeps(endpoint) === true);
    this.#outliers?.forgetOthers();
    this.#health?.follow(this.#endpoints.all);
    this.#picker = this.#createPicker();
  }

  #settle(): void {
    if (this.#warm || this.#assignment === null || this.#health?.firstRoundOver === false) return;
    this.#warm = true;
    this.#options.onWarm?.();
  }

  /** The cluster that this sidecar is of has changed. */
  rebalance(): void {
    if (this.#options.home?.rebalances(this.#spec) === true) this.#picker = this.#createPicker();
  }

  pick(context: PickContext): Endpoint | null {
    const { originalDst } = this.#discovery;
    if (originalDst !== null) return originalDst.at(context.originalDestination ?? null);
    return this.clients === null ? this.#picker.pick(context) : this.clients.pick(context, this.#picker);
  }

  /** Its endpoints, as sessions know them. */
  get sessions(): SessionEndpoints {
    this.#sessions ??= new SessionEndpoints(this, this.#options.isCurrent); // alloc-ok: once a cluster that has sessions
    return this.#sessions;
  }

  get localities(): readonly LocalityEndpoints[] {
    return this.#endpoints.localities;
  }

  /** Its load balancer reads the hash of requests. */
  get needsHash(): boolean {
    return this.#needsHash;
  }

  /** Milliseconds that only grow. */
  now(): number {
    return this.#options.pool.now();
  }

  /** Opens a connection to one of its endpoints, as its configuration says: with TLS or without. */
  get dial(): Dial {
    return this.#pools.dial;
  }

  /** One of the endpoints that may get new requests was not tried. */
  offersUntried(context: PickContext): boolean {
    if (this.#spec.balancing?.subsets !== undefined) {
      const next = this.#picker.pick(context);
      return next !== null && !context.wasTried(next);
    }
    const eligible = this.#eligible;
    for (let index = 0; index < eligible.length; index += 1) {
      if (!context.wasTried(eligible[index] as Endpoint)) return true;
    }
    return false;
  }

  /** Why `pick` answers `null`, for people. */
  describeNoEndpoint(): string {
    if (this.#discovery.originalDst !== null)
      return `${this.name} goes where connections were going, and this one was not redirected`;
    const { problem } = this.#discovery;
    const { locality, subsets } = this.#spec.balancing ?? {}; // alloc-ok: an answer of our own
    if (subsets !== undefined)
      return `${this.name} has ${this.#endpoints.size} endpoints, none of them ready in the subset of the route`;
    const where = locality?.kind === 'nearest' && locality.onlyNode === true ? ' on the node of this sidecar' : '';
    const count = `${this.name} has ${this.#endpoints.size} endpoints, none of them ready${where}`;
    return problem === '' ? count : `${count}; ${problem}`;
  }

  /** What is in use, and what may be; null = there are no limits, and nobody counts. */
  get breakers(): CircuitBreakers | null {
    return this.#pools.breakers;
  }

  /** For copies of requests. */
  get mirror(): MirrorTarget {
    this.#mirror ??= new MirrorTarget(this, this.#options.pool.wheel); // alloc-ok: once a cluster that gets copies
    return this.#mirror;
  }

  poolOf(endpoint: Endpoint, priority: RoutingPriority): EndpointPool {
    return this.#pools.of(endpoint, priority);
  }

  /** No new requests will come: idle connections close, answers in work are finished. */
  drain(): void {
    this.#discovery.stop();
    this.#outliers?.close();
    this.#health?.close();
    this.#mirror?.close();
    this.#pools.drain();
  }

  close(): void {
    this.#discovery.stop();
    this.#outliers?.close();
    this.#health?.close();
    this.#mirror?.close();
    this.#pools.close();
  }

  collect(sink: StatSink): void {
    this.stats.collect(this.name, sink);
    this.#pools.collect(this.name, sink);
    this.retries.collect(this.name, sink);
    this.#outliers?.collect(this.name, sink);
    this.#health?.collect(this.name, sink);
    this.#mirror?.stats.collect(this.name, sink);
    this.#sessions?.stats.collect(this.name, sink);
    this.clients?.collect(this.name, sink);
    sink.gauge('cluster', this.name, 'membership_total', this.endpointCount);
    sink.gauge('cluster', this.name, 'membership_healthy', this.#eligible.length);
    sink.gauge('cluster', this.name, 'version', this.#version);
  }

  /** It is called: from now on it is counted what it answers, where anybody is taken out for that. */
  watch(endpoint: Endpoint): void {
    const { outlierDetection: spec } = this.#spec;
    if (spec === undefined) return;
    this.#outliers ??= new OutlierDetector(spec, this.#outlierOptions()); // alloc-ok: once a cluster that is called
    this.#outliers.watch(endpoint);
  }

  onEndpointRemoved(endpoint: Endpoint): void {
    this.#pools.remove(endpoint);
  }

  onDiscoveryFailed(): void {
    this.stats.updateFailures += 1;
  }

  onOriginalDst(): void {
    if (this.#warm) return;
    this.#warm = true;
    this.#options.onWarm?.();
  }

  /** A check that is the same goes on. */
  #updateHealth({ healthCheck: spec }: ClusterSpec): void {
    if (JSON.stringify(spec) === JSON.stringify(this.#health?.spec)) return;
    this.#health?.close();
    this.#health = spec === undefined ? null : new HealthChecker(spec, this.#healthOptions()); // alloc-ok: update time
    if (this.#assignment !== null) this.#health?.follow(this.#endpoints.all);
  }

  #healthOptions(): HealthCheckerOptions {
    const { random, pool, onHealth, createProbe: create = createProbe } = this.#options;
    // alloc-ok: update time
    return {
      random,
      wheel: pool.wheel,
      createProbe: create,
      dial: (host, port) => this.#pools.dial(host, port), // alloc-ok: update time
      secure: (socket) => this.#pools.secure(socket), // alloc-ok: update time
      authority: this.name,
      isCalled: () => this.stats.connectionsTotal > 0, // alloc-ok: update time
      onChange: () => this.#onHealthChange(), // alloc-ok: update time
      onPassed: (endpoint) => this.#outliers?.onChecked(endpoint), // alloc-ok: update time
      // alloc-ok: update time
      onFirstRound: () => {
        this.#onHealthChange();
        this.#settle();
      },
      onEvent: (event) => onHealth?.(this.name, event), // alloc-ok: update time
    };
  }

  /** Who is told no more and fails now has no reason to stay. */
  #onHealthChange(): void {
    // alloc-ok: update time
    const fails = this.#endpoints.kept.some((endpoint) => this.#health?.keeps(endpoint) !== true);
    if (fails && this.#assignment !== null) this.#useEndpoints(this.#assignment);
    else this.#picker = this.#createPicker();
  }

  #updateOutliers({ outlierDetection: spec }: ClusterSpec): void {
    if (spec === undefined) {
      this.#outliers?.close();
      this.#outliers = null;
      return;
    }
    this.#outliers?.update(spec);
    for (const endpoint of this.#pools.endpoints) this.watch(endpoint);
  }

  #outlierOptions(): OutlierDetectorOptions {
    const { random, pool, onOutlier } = this.#options;
    // alloc-ok: update time
    return {
      random,
      wheel: pool.wheel,
      now: pool.now,
      endpoints: () => this.#endpoints.all, // alloc-ok: update time
      // alloc-ok: update time
      onChange: () => {
        this.#picker = this.#createPicker();
      },
      onEvent: (event) => onOutlier?.(this.name, event), // alloc-ok: update time
    };
  }

  createRehoming(localities: readonly LocalityEndpoints[]): Picker {
    return this.#balance(rendezvous, localities, whereverTheCallerIs(this.#createPickerContext())).picker;
  }

  #createPicker(): Picker {
    const balancer =
      LOAD_BALANCERS.find((row) => row.name === this.#spec.loadBalancer) ?? (LOAD_BALANCERS[0] as LoadBalancer); // alloc-ok: update time
    this.#version += 1;
    this.#needsHash = balancer.needsHash === true;
    const context = this.#createPickerContext();
    this.#sessions?.changed();
    const balanced = this.#balance(balancer, this.#endpoints.localities, context);
    this.#eligible = balanced.eligible;
    this.#updateClients();
    const { home } = this.#options;
    if (home?.cluster === this.name) home.update(this.#endpoints.localities);
    if (balancer.needsLatency === true) for (const endpoint of this.#eligible) endpoint.trackLatency(context.now());
    return balanced.picker;
  }

  #updateClients(): void {
    this.clients = ClientTable.follow(this.clients, this.#spec.clientAffinity, this, this.#options.clientSharing);
    this.clients?.changed(this.#eligible);
  }

  #balance(balancer: Balancer, localities: readonly LocalityEndpoints[], context: PickerContext): Balanced {
    const overprovisioningFactor = this.#overprovisioningFactor;
    const { place = UNKNOWN_PLACE, home } = this.#options;
    const zones = home?.concerns(this.#spec) === true ? { home: { home, counts: this.stats.countZones() } } : {}; // alloc-ok: update time
    return balance(localities, { balancer, context, overprovisioningFactor, place, ...zones }); // alloc-ok: update time
  }

  #createPickerContext(): PickerContext {
    const { random, pool, places } = this.#options;
    const { balancing: spec = {}, outlierDetection } = this.#spec; // alloc-ok: update time
    const returnWindowMs = outlierDetection?.returnWindowMs ?? 0;
    return { random, now: pool.now, seed: this.#seed, spec, returnWindowMs, load: this.stats, places }; // alloc-ok: update time
  }
}
