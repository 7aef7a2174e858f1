// One address behind a cluster: its configuration, which may change, and its live numbers, which survive the change.
import type { EndpointSpec } from '../../model/endpoint-spec.ts';

export class Endpoint {
  readonly host: string;
  readonly port: number;
  /** `host:port`, IPv6 in brackets; unique within a cluster. */
  readonly address: string;
  #spec: EndpointSpec;

  /** Requests that have been sent and not yet answered. */
  activeRequests = 0;
  requestsTotal = 0;
  /** Answers with a status below 500. */
  requestsSuccess = 0;
  /** Answers from 500 on, and requests without an answer. */
  requestsError = 0;
  connectionsActive = 0;
  connectionsTotal = 0;
  connectFailures = 0;
  /** What went wrong last, for people; '' = nothing yet. */
  lastError = '';

  constructor(spec: EndpointSpec) {
    this.host = spec.host;
    this.port = spec.port;
    this.address = endpointAddress(spec);
    this.#spec = spec;
  }

  get spec(): EndpointSpec {
    return this.#spec;
  }

  /** Takes new health, weight and identity; the address stays. */
  update(spec: EndpointSpec): void {
    this.#spec = spec;
  }
}

export function endpointAddress(spec: { readonly host: string; readonly port: number }): string {
  return spec.host.includes(':') ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
}
