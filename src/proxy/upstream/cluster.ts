// @hot
// A live cluster: its endpoints, the picker over them, a pool for each, and what they share.
import { type Random, randomBelow } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { DEFAULT_OVERPROVISIONING_FACTOR, type LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { StatSink, StatSource } from '../../telemetry/stats.ts';
import { balance } from '../balance/balance.ts';
import { type Place, UNKNOWN_PLACE } from '../balance/place.ts';
import type { ClientConnectionLimits } from '../codec/http1/client-connection.ts';
import { Http2Commons } from '../codec/http2/http2-commons.ts';
import { Http2Stats } from '../codec/http2/http2-stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { EndpointSet } from '../endpoint/endpoint-set.ts';
import { LOAD_BALANCERS } from '../lb/index.ts';
import type { LoadBalancer, PickContext, Picker, PickerContext } from '../lb/load-balancer.ts';
import { OutlierDetector, type OutlierDetectorOptions, type OutlierEvent } from '../outlier/outlier-detector.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { TlsOrigin } from '../tls/tls-origin.ts';
import { type AgreedProtocol, type AutoDials, AutoPool, type CreatePool } from './auto-pool.ts';
import { ClusterStats } from './cluster-stats.ts';
import { ConnectionPool, type Dial, type PoolOptions } from './connection-pool.ts';
import { DnsDiscovery } from './dns-discovery.ts';
import type { DnsOptions } from './dns-watch.ts';
import { Http2Pool } from './http2-pool.ts';
import { OriginalDstEndpoints } from './original-dst-endpoints.ts';
import { DEFAULT_RETRY_BUDGET, RetryBudget, type RetryBudgetSpec } from './retry-budget.ts';

export interface ClusterOptions {
  readonly pool: PoolOptions;
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  readonly random: Random;
  /** Default: DEFAULT_RETRY_BUDGET. */
  readonly retryBudget?: RetryBudgetSpec;
  /** Where this sidecar is; absent: not known. */
  readonly place?: Place;
  /** Absent: clusters that look names up are refused. */
  readonly dns?: DnsOptions;
  /** Absent: files of certificates are read once. */
  readonly tlsFiles?: TlsFiles;
  /** An endpoint of `cluster` was taken out for what it answered, or let back in. */
  readonly onOutlier?: (cluster: string, event: OutlierEvent) => void;
  /** Called when a cluster has been told its endpoints for the first time. */
  readonly onWarm?: () => void;
}

/** A name that routes hold on to: the cluster behind it may come, change and go without the routes being compiled again. */
export interface ClusterSlot {
  readonly name: string;
  cluster: Cluster | null;
}

type EndpointPool = ConnectionPool | Http2Pool | AutoPool;

/** ALPN where the configuration lists none. */
const OFFERED = { http1: ['http/1.1'], http2: ['h2'], auto: ['h2', 'http/1.1'] } as const;

export class Cluster implements StatSource {
  readonly name: string;
  readonly stats = new ClusterStats();
  readonly retryBudget: RetryBudget;
  readonly #options: ClusterOptions;
  readonly #endpoints: EndpointSet;
  readonly #pools = new Map<Endpoint, EndpointPool>();
  #spec: ClusterSpec;
  /** Of this sidecar and this cluster, for as long as it lives. */
  readonly #seed: number;
  #pool: PoolOptions;
  #picker: Picker;
  #needsHash = false;
  /** Whom the picker can answer with. */
  #eligible: readonly Endpoint[] = [];
  #overprovisioningFactor = DEFAULT_OVERPROVISIONING_FACTOR;
  #http2: Http2Commons | null = null;
  /** From its first connection of HTTP/2 on. */
  #http2Stats: Http2Stats | null = null;
  #dns: DnsDiscovery | null = null;
  /** Null = plain text. */
  #tls: TlsOrigin | null = null;
  /** Where handshakes tell what endpoints speak. */
  #dials: AutoDials | null = null;
  /** For a cluster that goes where its callers were going, instead of `#endpoints`. */
  #originalDst: OriginalDstEndpoints | null = null;
  /** Null = nobody is taken out for what it answers, or nobody was called yet. */
  #outliers: OutlierDetector | null = null;
  #assigned = false;
  #draining = false;
  #version = 0;

  constructor(spec: ClusterSpec, options: ClusterOptions) {
    this.name = spec.name;
    this.#spec = spec;
    this.#options = options;
    this.#seed = randomBelow(options.random, 2 ** 32);
    this.retryBudget = new RetryBudget(options.retryBudget ?? DEFAULT_RETRY_BUDGET); // alloc-ok: once a cluster
    this.#pool = this.#createPoolOptions(spec);
    this.#endpoints = new EndpointSet((endpoint) => this.#onEndpointRemoved(endpoint), options.pool.now);
    this.#picker = this.#createPicker();
    this.#discover(spec);
  }

  get spec(): ClusterSpec {
    return this.#spec;
  }

  /** Its endpoints have been told at least once (they may be none). */
  get warm(): boolean {
    return this.#assigned;
  }

  get endpoints(): Iterable<Endpoint> {
    return this.#originalDst === null ? this.#endpoints.all : this.#originalDst.all;
  }

  get endpointCount(): number {
    return this.#originalDst === null ? this.#endpoints.size : this.#originalDst.size;
  }

  /** Takes a changed configuration; endpoints, numbers and, while protocol and limits of heads are the same, connections stay. */
  update(spec: ClusterSpec): void {
    if (connectsOtherwise(spec, this.#spec)) {
      for (const pool of this.#pools.values()) pool.drain();
      this.#pools.clear();
      this.#http2 = null;
    }
    const before = this.#spec;
    this.#spec = spec;
    this.#updateOutliers(spec);
    this.#picker = this.#createPicker();
    if (before.tls !== spec.tls && JSON.stringify(before.tls) !== JSON.stringify(spec.tls)) this.#changeTls(spec);
    const limits = this.#limits();
    for (const pool of this.#pools.values()) pool.setLimits(limits);
    this.#discover(spec);
  }

  assign(assignment: LoadAssignmentSpec): void {
    const wasWarm = this.#assigned;
    this.#assigned = true;
    this.stats.updates += 1;
    this.#endpoints.update(assignment);
    this.#outliers?.forgetOthers();
    this.#overprovisioningFactor = assignment.overprovisioningFactor ?? DEFAULT_OVERPROVISIONING_FACTOR;
    this.#picker = this.#createPicker();
    if (!wasWarm) this.#options.onWarm?.();
  }

  pick(context: PickContext): Endpoint | null {
    if (this.#originalDst !== null) return this.#originalDst.at(context.originalDestination ?? null);
    return this.#picker.pick(context);
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
    return this.#pool.dial;
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
    if (this.#originalDst !== null)
      return `${this.name} goes where connections were going, and this one was not redirected`;
    const problem = this.#dns?.problem ?? '';
    const { locality, subsets } = this.#spec.balancing ?? {}; // alloc-ok: an answer of our own
    if (subsets !== undefined)
      return `${this.name} has ${this.#endpoints.size} endpoints, none of them ready in the subset of the route`;
    const where = locality?.kind === 'nearest' && locality.onlyNode === true ? ' on the node of this sidecar' : '';
    const count = `${this.name} has ${this.#endpoints.size} endpoints, none of them ready${where}`;
    return problem === '' ? count : `${count}; ${problem}`;
  }

  poolOf(endpoint: Endpoint): EndpointPool {
    return this.#pools.get(endpoint) ?? this.#createPool(endpoint);
  }

  /** No new requests will come: idle connections close, answers in work are finished. */
  drain(): void {
    this.#draining = true;
    this.#stopDiscovery();
    this.#tls?.stop();
    this.#outliers?.close();
    for (const pool of this.#pools.values()) pool.drain();
  }

  close(): void {
    this.#stopDiscovery();
    this.#tls?.stop();
    this.#outliers?.close();
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  collect(sink: StatSink): void {
    this.stats.collect(this.name, sink);
    this.#http2Stats?.collect('cluster', this.name, 'upstream', sink);
    this.#tls?.collect(this.name, sink);
    this.#outliers?.collect(this.name, sink);
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

  #updateOutliers({ outlierDetection: spec }: ClusterSpec): void {
    if (spec === undefined) {
      this.#outliers?.close();
      this.#outliers = null;
      return;
    }
    this.#outliers?.update(spec);
    for (const endpoint of this.#pools.keys()) this.watch(endpoint);
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

  /** Endpoints that the cluster finds by itself. What is being looked up already goes on. */
  #discover(spec: ClusterSpec): void {
    const { discovery } = spec;
    if (this.#dns !== null && JSON.stringify(this.#dns.spec) === JSON.stringify(discovery)) return;
    this.#stopDiscovery();
    this.#dns = null;
    this.#useOriginalDst(discovery.kind === 'original-dst');
    if (discovery.kind === 'static') this.assign(discovery.assignment);
    if (discovery.kind !== 'strict-dns' && discovery.kind !== 'logical-dns') return;
    const options = this.#options.dns;
    // alloc-ok: update time
    if (options === undefined) throw new Error(`cluster "${spec.name}" looks names up, and there is no resolver`);
    // alloc-ok: update time
    const onAssignment = (assignment: LoadAssignmentSpec): void => this.assign(assignment);
    // alloc-ok: update time
    const onFailure = (): void => {
      this.stats.updateFailures += 1;
    };
    this.#dns = new DnsDiscovery(discovery, options, onAssignment, onFailure); // alloc-ok: update time
    this.#dns.start();
  }

  #useOriginalDst(wanted: boolean): void {
    if (!wanted) {
      this.#originalDst = null;
      return;
    }
    const { wheel } = this.#options.pool;
    // alloc-ok: update time
    this.#originalDst ??= new OriginalDstEndpoints(wheel, (endpoint) => this.#onEndpointRemoved(endpoint));
    if (this.#assigned) return;
    this.#assigned = true;
    this.#options.onWarm?.();
  }

  #stopDiscovery(): void {
    this.#dns?.stop();
    this.#originalDst?.stop();
  }

  /** Throws where the certificates of the configuration cannot be used. */
  #createPoolOptions({ tls, protocol }: ClusterSpec): PoolOptions {
    const { pool, tlsFiles } = this.#options;
    let origin: TlsOrigin | null = null;
    if (tls !== undefined) {
      // Not every endpoint that is no HTTP/2 speaks HTTP: bytes go there too.
      const protocols = protocol === undefined ? [] : OFFERED[protocol]; // alloc-ok: update time
      origin = new TlsOrigin(tls, protocols, tlsFiles ?? null, `cluster "${this.name}"`); // alloc-ok: update time
    }
    this.#tls?.stop();
    this.#tls = origin;
    this.#dials = null;
    if (origin === null) return pool;
    const either = origin.dialBy(pool.dial);
    if (protocol === 'auto') {
      const [http1, http2] = [origin.dialBy(pool.dial, OFFERED.http1), origin.dialBy(pool.dial, OFFERED.http2)]; // alloc-ok: update time
      this.#dials = { either, http1, http2 }; // alloc-ok: update time
    }
    return { ...pool, dial: either }; // alloc-ok: update time
  }

  /** Connections that are there finish what they carry; new ones are made as the configuration says now. */
  #changeTls(spec: ClusterSpec): void {
    this.#pool = this.#createPoolOptions(spec);
    for (const pool of this.#pools.values()) pool.drain();
    this.#pools.clear();
  }

  #createPool(endpoint: Endpoint): EndpointPool {
    const pool = this.#newPool(endpoint);
    // A retry may go to a pod that was not used before.
    if (this.#draining) pool.drain();
    this.#pools.set(endpoint, pool);
    return pool;
  }

  #newPool(endpoint: Endpoint): EndpointPool {
    const options = this.#pool;
    this.watch(endpoint);
    if (this.#dials === null)
      return this.#poolOf(endpoint, this.#spec.protocol === 'http2' ? 'http2' : 'http1', options);
    // alloc-ok: once an endpoint
    const create: CreatePool = (protocol, dial) => this.#poolOf(endpoint, protocol, { ...options, dial });
    return new AutoPool(endpoint, this.stats, options, this.#limits(), this.#dials, create); // alloc-ok: once an endpoint
  }

  #poolOf(endpoint: Endpoint, protocol: AgreedProtocol, options: PoolOptions): ConnectionPool | Http2Pool {
    return protocol === 'http2'
      ? new Http2Pool(endpoint, this.stats, options, this.#limits(), this.#http2Shared()) // alloc-ok: once an endpoint
      : new ConnectionPool(endpoint, this.stats, options, this.#limits()); // alloc-ok: once an endpoint
  }

  #http2Shared(): Http2Commons {
    const { pool } = this.#options;
    this.#http2Stats ??= new Http2Stats(); // alloc-ok: once a cluster
    this.#http2 ??= new Http2Commons(this.#limits().maxHeadBytes, pool.now, this.#http2Stats); // alloc-ok: once a cluster
    return this.#http2;
  }

  #limits(): ClientConnectionLimits {
    const { maxResponseHeadBytes, maxResponseFields, connectTimeoutMs } = this.#spec;
    const maxHeadBytes = maxResponseHeadBytes ?? this.#options.maxHeadBytes;
    const maxFields = maxResponseFields ?? this.#options.maxFields;
    return { maxHeadBytes, maxFields, connectTimeoutMs }; // alloc-ok: update time
  }

  #createPicker(): Picker {
    const balancer =
      LOAD_BALANCERS.find((row) => row.name === this.#spec.loadBalancer) ?? (LOAD_BALANCERS[0] as LoadBalancer); // alloc-ok: update time
    this.#version += 1;
    this.#needsHash = balancer.needsHash === true;
    const context = this.#createPickerContext();
    const { localities } = this.#endpoints;
    const overprovisioningFactor = this.#overprovisioningFactor;
    const place = this.#options.place ?? UNKNOWN_PLACE;
    const balanced = balance(localities, { balancer, context, overprovisioningFactor, place }); // alloc-ok: update time
    this.#eligible = balanced.eligible;
    if (balancer.needsLatency === true) for (const endpoint of this.#eligible) endpoint.trackLatency(context.now());
    return balanced.picker;
  }

  #createPickerContext(): PickerContext {
    const { random, pool } = this.#options;
    const { balancing: spec = {} } = this.#spec; // alloc-ok: update time
    return { random, now: pool.now, seed: this.#seed, spec, load: this.stats }; // alloc-ok: update time
  }

  #onEndpointRemoved(endpoint: Endpoint): void {
    this.#pools.get(endpoint)?.drain();
    this.#pools.delete(endpoint);
  }
}

/** Connections of the one are of no use to the other. */
function connectsOtherwise(one: ClusterSpec, other: ClusterSpec): boolean {
  return (
    one.protocol !== other.protocol ||
    one.maxResponseHeadBytes !== other.maxResponseHeadBytes ||
    one.maxResponseFields !== other.maxResponseFields
  );
}
