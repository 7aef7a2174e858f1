// @hot
// The ways to the endpoints of one cluster: a pool for each that is called, made as the configuration says now.
import type { Socket } from 'node:net';
import type { RoutingPriority } from '../../model/circuit-breakers-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { ClientConnectionLimits } from '../codec/http1/client-connection.ts';
import { Http2Commons } from '../codec/http2/http2-commons.ts';
import { Http2Stats } from '../codec/http2/http2-stats.ts';
import type { UpstreamPool } from '../codec/upstream.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { TlsOrigin } from '../tls/tls-origin.ts';
import { type AgreedProtocol, type AutoDials, AutoPool, type CreatePool } from './auto-pool.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import type { ClusterStats } from './cluster-stats.ts';
import { ConnectionPool, type Dial, type PoolOptions } from './connection-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import { type ConnectionCounter, LimitedPool, type UnlimitedPool } from './limited-pool.ts';
import { poolOptionsOf, sameConnections } from './pool-options.ts';

export interface EndpointPoolsOptions {
  readonly pool: PoolOptions;
  /** Where the cluster says nothing of them. */
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  /** Absent: files of certificates are read once. */
  readonly tlsFiles?: TlsFiles;
  /** Absent: endpoints are reached by connections. */
  readonly createPool?: CreateEndpointPool;
  /** Processes that share the limits of each cluster; default 1. */
  readonly workers?: number;
}

export interface EndpointPool extends UpstreamPool {
  /** For connections to come. */
  setLimits(limits: ClientConnectionLimits): void;
}

/**
 * For whoever reaches endpoints in another way. Called once an endpoint, when it is called for the first time. `counter`: where connections are
 * limited, it is to be told of each; null = they are not. `stats` and the endpoint's own numbers are the pool's to count.
 */
export type CreateEndpointPool = (
  endpoint: Endpoint,
  limits: ClientConnectionLimits,
  counter: ConnectionCounter | null,
  stats: ClusterStats,
) => UnlimitedPool;

/** ALPN where the configuration lists none. */
const OFFERED = { http1: ['http/1.1'], http2: ['h2'], auto: ['h2', 'http/1.1'] } as const;

export class EndpointPools {
  readonly #options: EndpointPoolsOptions;
  readonly #stats: ClusterStats;
  readonly #onFirstCall: (endpoint: Endpoint) => void;
  readonly #pools = new Map<Endpoint, EndpointPool>();
  /** For routes of high priority. */
  readonly #highPools = new Map<Endpoint, EndpointPool>();
  #spec: ClusterSpec;
  #pool: PoolOptions;
  #http2: Http2Commons | null = null;
  /** From its first connection of HTTP/2 on. */
  #http2Stats: Http2Stats | null = null;
  /** Null = plain text. */
  #tls: TlsOrigin | null = null;
  /** Where handshakes tell what endpoints speak. */
  #dials: AutoDials | null = null;
  /** Null = there were no limits yet. */
  #breakers: CircuitBreakers | null = null;
  #draining = false;

  /** `onFirstCall`: a pool is about to be made. Throws where the certificates of the configuration cannot be used. */
  constructor(
    spec: ClusterSpec,
    stats: ClusterStats,
    options: EndpointPoolsOptions,
    onFirstCall: (endpoint: Endpoint) => void,
  ) {
    this.#spec = spec;
    this.#stats = stats;
    this.#options = options;
    this.#onFirstCall = onFirstCall;
    this.#pool = this.#createPoolOptions(spec);
    this.#limit(spec);
  }

  /** Opens a connection as the configuration says: with TLS or without. */
  get dial(): Dial {
    return this.#pool.dial;
  }

  /** A connection for HTTP/2 that is there, with TLS where the configuration says so: as it is where it does not. */
  secure(socket: Socket): Socket {
    return this.#tls === null ? socket : this.#tls.secure(socket, OFFERED.http2);
  }

  /** What is in use, and what may be; null = there are no limits, and nobody counts. */
  get breakers(): CircuitBreakers | null {
    return this.#breakers;
  }

  of(endpoint: Endpoint, priority: RoutingPriority): EndpointPool {
    const pools = priority === 'high' ? this.#highPools : this.#pools;
    return pools.get(endpoint) ?? this.#create(endpoint, priority);
  }

  /** Those that have been called. */
  get endpoints(): Iterable<Endpoint> {
    return new Set([...this.#pools.keys(), ...this.#highPools.keys()]); // alloc-ok: update time
  }

  /** While protocol, limits of heads, TLS and what is said of connections are the same, these stay. Throws as the constructor does. */
  update(spec: ClusterSpec): void {
    const before = this.#spec;
    this.#spec = spec;
    if (connectsOtherwise(spec, before)) {
      this.#letGo();
      this.#http2 = null;
    }
    const sameTls = before.tls === spec.tls || JSON.stringify(before.tls) === JSON.stringify(spec.tls);
    if (!sameTls || !sameConnections(before.connections, spec.connections)) {
      this.#pool = this.#createPoolOptions(spec);
      this.#letGo();
    }
    this.#limit(spec);
    const limits = this.#limits();
    for (const pool of this.#all()) pool.setLimits(limits);
  }

  /** The endpoint has left. */
  remove(endpoint: Endpoint): void {
    this.#pools.get(endpoint)?.drain();
    this.#pools.delete(endpoint);
    this.#highPools.get(endpoint)?.drain();
    this.#highPools.delete(endpoint);
  }

  /** Idle connections close, answers in work are finished. */
  drain(): void {
    this.#draining = true;
    this.#tls?.stop();
    for (const pool of this.#all()) pool.drain();
  }

  close(): void {
    this.#tls?.stop();
    for (const pool of this.#all()) pool.close();
    this.#pools.clear();
    this.#highPools.clear();
  }

  collect(cluster: string, sink: StatSink): void {
    this.#http2Stats?.collect('cluster', cluster, 'upstream', sink);
    this.#tls?.collect(cluster, sink);
    this.#breakers?.collect(cluster, sink);
  }

  *#all(): Iterable<EndpointPool> {
    yield* this.#pools.values(); // alloc-ok: update time
    yield* this.#highPools.values(); // alloc-ok: update time
  }

  /** Connections that are there finish what they carry; new ones are made as the configuration says now. */
  #letGo(): void {
    for (const pool of this.#all()) pool.drain();
    this.#pools.clear();
    this.#highPools.clear();
  }

  /** Who has counted goes on; where nobody has, connections from before are not counted either. */
  #limit({ circuitBreakers }: ClusterSpec): void {
    if (this.#breakers === null) {
      if (circuitBreakers === undefined) return;
      this.#breakers = new CircuitBreakers(); // alloc-ok: once a cluster
      this.#letGo();
    }
    this.#breakers.set(circuitBreakers, this.#options.workers ?? 1);
  }

  #create(endpoint: Endpoint, priority: RoutingPriority): EndpointPool {
    this.#onFirstCall(endpoint);
    const pool = this.#newPool(endpoint, priority);
    // A retry may go to a pod that was not used before.
    if (this.#draining) pool.drain();
    const pools = priority === 'high' ? this.#highPools : this.#pools;
    pools.set(endpoint, pool);
    return pool;
  }

  #newPool(endpoint: Endpoint, priority: RoutingPriority): EndpointPool {
    if (this.#breakers === null) return this.#unlimited(endpoint, this.#pool, this.#dials, null);
    const limits = this.#breakers.at(priority);
    // alloc-ok: once an endpoint
    return new LimitedPool(endpoint, limits, this.#pool, this.#dials, (options, dials, counter) =>
      this.#unlimited(endpoint, options, dials, counter),
    );
  }

  #unlimited(
    endpoint: Endpoint,
    options: PoolOptions,
    dials: AutoDials | null,
    counter: ConnectionCounter | null,
  ): UnlimitedPool {
    const { createPool } = this.#options;
    if (createPool !== undefined) return createPool(endpoint, this.#limits(), counter, this.#stats);
    if (dials === null) return this.#poolOf(endpoint, this.#spec.protocol === 'http2' ? 'http2' : 'http1', options);
    // alloc-ok: once an endpoint
    const create: CreatePool = (protocol, dial) => this.#poolOf(endpoint, protocol, { ...options, dial });
    return new AutoPool(endpoint, this.#stats, options, this.#limits(), dials, create); // alloc-ok: once an endpoint
  }

  #poolOf(endpoint: Endpoint, protocol: AgreedProtocol, options: PoolOptions): ConnectionPool | Http2Pool {
    return protocol === 'http2'
      ? new Http2Pool(endpoint, this.#stats, options, this.#limits(), this.#http2Shared()) // alloc-ok: once an endpoint
      : new ConnectionPool(endpoint, this.#stats, options, this.#limits()); // alloc-ok: once an endpoint
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

  #createPoolOptions({ name, tls, protocol, connections }: ClusterSpec): PoolOptions {
    const { tlsFiles } = this.#options;
    const pool = poolOptionsOf(this.#options.pool, connections);
    let origin: TlsOrigin | null = null;
    if (tls !== undefined) {
      // Not every endpoint that is no HTTP/2 speaks HTTP: bytes go there too.
      const protocols = protocol === undefined ? [] : OFFERED[protocol]; // alloc-ok: update time
      origin = new TlsOrigin(tls, protocols, tlsFiles ?? null, `cluster "${name}"`); // alloc-ok: update time
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
}

/** Connections of the one are of no use to the other. */
function connectsOtherwise(one: ClusterSpec, other: ClusterSpec): boolean {
  return (
    one.protocol !== other.protocol ||
    one.maxResponseHeadBytes !== other.maxResponseHeadBytes ||
    one.maxResponseFields !== other.maxResponseFields
  );
}
