// One address behind a cluster: its configuration, which may change, and its live numbers, which survive the change.
import type { EndpointSpec, LocalityEndpointsSpec } from '../../model/endpoint-spec.ts';

export class Endpoint {
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets; unique within a cluster. */
  readonly address: string;
  #spec: EndpointSpec;
  #group: LocalityEndpointsSpec;

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
  /** What went wrong last, for people; '' = nothing yet. */
  lastError = '';

  constructor(spec: EndpointSpec, group: LocalityEndpointsSpec) {
    this.host = spec.host;
    this.port = spec.port;
    this.address = endpointAddress(spec);
    this.#spec = spec;
    this.#group = group;
  }

  get spec(): EndpointSpec {
    return this.#spec;
  }

  /** The locality and priority that it belongs to. */
  get group(): LocalityEndpointsSpec {
    return this.#group;
  }

  /** Takes new health, weight, identity and place; the address stays. */
  update(spec: EndpointSpec, group: LocalityEndpointsSpec): void {
    this.#spec = spec;
    this.#group = group;
  }
}

export function endpointAddress(spec: { readonly host: string; readonly port: number }): string {
  return spec.host.includes(':') ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
}
