// @hot
// What one cluster has in use, and whether it may have more: one set of limits for each routing priority.
import type { CircuitBreakersSpec, RoutingPriority, ThresholdsSpec } from '../../model/circuit-breakers-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Numbers of one priority. Whoever takes something counts it here, and takes it off again. */
export class ResourceLimits {
  readonly priority: RoutingPriority;
  /** Connections that are there or coming to be. */
  connections = 0;
  /** Endpoints that have any. */
  pools = 0;
  /** Requests that wait for a connection: for one to come to be, or to be free. */
  pending = 0;
  /** Requests that have a connection, whether it is there or coming to be; connections of TCP. */
  requests = 0;
  /** No connection might be made (whoever asked for it may have waited); nobody more might wait; no request more be sent. */
  connectionOverflows = 0;
  pendingOverflows = 0;
  requestOverflows = 0;
  /** Another endpoint would have been needed. */
  poolOverflows = 0;
  #maxConnections = NO_LIMIT;
  #maxPending = NO_LIMIT;
  #maxRequests = NO_LIMIT;
  #maxPerEndpoint = NO_LIMIT;
  #maxPools = NO_LIMIT;
  #tracksRemaining = false;

  constructor(priority: RoutingPriority) {
    this.priority = priority;
  }

  /** What is in use stays. `workers`: among so many processes the limits are divided (≥ 1). */
  set(spec: ThresholdsSpec | undefined, workers: number): void {
    this.#maxConnections = shareOf(spec?.maxConnections, workers);
    this.#maxPending = shareOf(spec?.maxPendingRequests, workers);
    this.#maxRequests = shareOf(spec?.maxRequests, workers);
    this.#maxPerEndpoint = shareOf(spec?.maxConnectionsPerEndpoint, workers);
    this.#maxPools = shareOf(spec?.maxConnectionPools, workers);
    this.#tracksRemaining = spec?.trackRemaining === true;
  }

  /** One more request may have a connection. */
  get takesRequest(): boolean {
    return this.requests < this.#maxRequests;
  }

  /** One more request may wait for a connection. */
  get takesPending(): boolean {
    return this.pending < this.#maxPending;
  }

  /** One more endpoint may have connections. */
  get takesPool(): boolean {
    return this.pools < this.#maxPools;
  }

  /** One more connection to `endpoint` may be made. */
  takesConnection(endpoint: Endpoint): boolean {
    return this.connections < this.#maxConnections && endpoint.connectionsActive < this.#maxPerEndpoint;
  }

  /** Why no request may be sent, for people. */
  describeRequests(): string {
    return `${this.requests} requests are in work, as many as max_requests allows`;
  }

  /** Why no other endpoint may be called. */
  describePools(): string {
    return `${this.pools} endpoints have connections, as many as max_connection_pools allows`;
  }

  /** Why none may wait. */
  describePending(): string {
    return `${this.pending} requests wait for a connection, as many as max_pending_requests allows`;
  }

  /** Why no connection of TCP to `endpoint` may be made, for people; '' = it may. What is refused is counted. */
  refuseTunnel(endpoint: Endpoint): string {
    if (!this.takesConnection(endpoint)) {
      this.connectionOverflows += 1;
      return this.connections < this.#maxConnections
        ? `${endpoint.address} has ${endpoint.connectionsActive} connections, as many as it may have`
        : `${this.connections} connections are open, as many as max_connections allows`;
    }
    if (!this.takesPending) {
      this.pendingOverflows += 1;
      return this.describePending();
    }
    if (this.takesRequest) return '';
    this.requestOverflows += 1;
    return this.describeRequests();
  }

  /** Source of the names: Envoy's cluster statistics, circuit breakers. */
  collect(cluster: string, sink: StatSink): void {
    // alloc-ok: when somebody asks
    const tell = (name: string, value: number): void =>
      sink.gauge('cluster', cluster, `circuit_breakers.${this.priority}.${name}`, value);
    tell('cx_open', this.connections >= this.#maxConnections ? 1 : 0);
    tell('cx_pool_open', this.takesPool ? 0 : 1);
    tell('rq_pending_open', this.takesPending ? 0 : 1);
    tell('rq_open', this.takesRequest ? 0 : 1);
    if (!this.#tracksRemaining) return;
    // alloc-ok: when somebody asks
    const remaining = (name: string, max: number, used: number): void => {
      if (max !== NO_LIMIT) tell(name, Math.max(0, max - used));
    };
    remaining('remaining_cx', this.#maxConnections, this.connections);
    remaining('remaining_cx_pools', this.#maxPools, this.pools);
    remaining('remaining_pending', this.#maxPending, this.pending);
    remaining('remaining_rq', this.#maxRequests, this.requests);
  }
}

/** What one connection of TCP takes, from its dial to its end. */
export class TunnelUse {
  readonly #limits: ResourceLimits;
  #pending = 1;

  constructor(limits: ResourceLimits) {
    this.#limits = limits;
    limits.connections += 1;
    limits.requests += 1;
    limits.pending += 1;
  }

  onConnected(): void {
    this.#limits.pending -= this.#pending;
    this.#pending = 0;
  }

  onClosed(): void {
    this.onConnected();
    this.#limits.connections -= 1;
    this.#limits.requests -= 1;
  }
}

/** Made for the first configuration with limits; from then on what is in use is counted. */
export class CircuitBreakers {
  readonly default = new ResourceLimits('default');
  readonly high = new ResourceLimits('high');

  at(priority: RoutingPriority): ResourceLimits {
    return priority === 'high' ? this.high : this.default;
  }

  set(spec: CircuitBreakersSpec | undefined, workers: number): void {
    this.default.set(spec?.default, workers);
    this.high.set(spec?.high, workers);
  }

  collect(cluster: string, sink: StatSink): void {
    const { default: usual, high } = this;
    sink.counter('cluster', cluster, 'upstream_cx_overflow', usual.connectionOverflows + high.connectionOverflows);
    sink.counter('cluster', cluster, 'upstream_rq_pending_overflow', usual.pendingOverflows + high.pendingOverflows);
    sink.counter('cluster', cluster, 'upstream_rq_active_overflow', usual.requestOverflows + high.requestOverflows);
    sink.counter('cluster', cluster, 'upstream_cx_pool_overflow', usual.poolOverflows + high.poolOverflows);
    usual.collect(cluster, sink);
    high.collect(cluster, sink);
  }
}

/** Rounded up; 0 stays what it means. */
function shareOf(limit: number | undefined, workers: number): number {
  return limit === undefined ? NO_LIMIT : Math.ceil(limit / workers);
}
