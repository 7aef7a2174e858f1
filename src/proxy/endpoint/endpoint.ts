// One address behind a cluster: its configuration, which may change, and its live numbers, which survive the change.
import type { EndpointHealth, EndpointSpec, LocalityEndpointsSpec } from '../../model/endpoint-spec.ts';
import type { CheckRecord } from './check-record.ts';
import { LatencyEstimate } from './latency-estimate.ts';
import type { OutlierMonitor } from './outlier-monitor.ts';

export class Endpoint {
  #spec: EndpointSpec;
  #group: LocalityEndpointsSpec;
  #address: string;

  /** Requests that have been sent and not yet answered. */
  activeRequests = 0;
  requestsTotal = 0;
  /** Answers with a status below 500. */
  requestsSuccess = 0;
  /** Answers from 500 on, and requests without an answer. */
  requestsError = 0;
  /** Of the errors: those that took too long. */
  requestsTimedOut = 0;
  connectionsActive = 0;
  connectionsTotal = 0;
  connectFailures = 0;
  /** What went wrong last, for people; '' = nothing yet, or the answer of the next. */
  lastError = '';
  /** Status of its last answer from 500 on; 0 = there was none. */
  lastErrorStatus = 0;
  /** When it came, or was healthy again, ms. */
  healthySinceMs = 0;
  /** When its last ejection ended, where it gets its share little by little after one, ms; −∞ = at once. */
  returnedAtMs = Number.NEGATIVE_INFINITY;
  /** Null: nobody asks how quick it is, and it is not measured. */
  latency: LatencyEstimate | null = null;
  /** Null: nobody takes it out for what it answers, and it is not counted. */
  outlier: OutlierMonitor | null = null;
  /** Null: nobody asks it whether it can serve. */
  check: CheckRecord | null = null;

  constructor(spec: EndpointSpec, group: LocalityEndpointsSpec) {
    this.#spec = spec;
    this.#group = group;
    this.#address = endpointAddress(spec);
  }

  get host(): string {
    return this.#spec.host;
  }

  get port(): number {
    return this.#spec.port;
  }

  /** `host:port`, IPv6 in brackets. */
  get address(): string {
    return this.#address;
  }

  get spec(): EndpointSpec {
    return this.#spec;
  }

  /** As configuration says; `unhealthy` while it is out for what it answered, to requests or to health checks. */
  get health(): EndpointHealth {
    if (this.outlier?.isOut === true || this.check?.failing === true) return 'unhealthy';
    const { health } = this.#spec;
    return health === 'healthy' && this.check?.degraded === true ? 'degraded' : health;
  }

  /** Somebody wants to know how long its answers take. */
  get isTimed(): boolean {
    return this.latency !== null || (this.outlier !== null && this.outlier.latency !== null);
  }

  /** The locality and priority that it belongs to. */
  get group(): LocalityEndpointsSpec {
    return this.#group;
  }

  /** From now on it is measured how quick it is. */
  trackLatency(nowMs: number): void {
    this.latency ??= new LatencyEstimate(nowMs);
  }

  /** Takes new health, weight, identity and place. The address stays, except of one with a logical name: new connections go to the new one. */
  update(spec: EndpointSpec, group: LocalityEndpointsSpec): void {
    this.#spec = spec;
    this.#group = group;
    this.#address = endpointAddress(spec);
  }
}

/** What an endpoint is known by in its cluster. */
export function endpointKey(spec: EndpointSpec): string {
  return spec.logicalName ?? endpointAddress(spec);
}

export function endpointAddress(spec: { readonly host: string; readonly port: number }): string {
  return spec.host.includes(':') ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
}
