// How endpoints are asked whether they can serve, instead of waiting for requests to fail.
import type { HeaderToAddSpec } from './header-changes-spec.ts';

/** Source: envoy.config.core.v3.HealthCheck. */
export interface HealthCheckSpec {
  /** For one answer, ms (> 0). */
  readonly timeoutMs: number;
  /** From one answer to the next check, ms (> 0). */
  readonly intervalMs: number;
  /** Each is added to that: drawn from [0, intervalJitterMs), and from [0, this share of it) in percent. */
  readonly intervalJitterMs?: number;
  readonly intervalJitterPercent?: number;
  /** Before the first check: drawn from [0, this), ms. */
  readonly initialJitterMs?: number;
  /** Failures in a row before it is unhealthy (≥ 1); an answer that says that it is makes it so at once. */
  readonly unhealthyThreshold: number;
  /** Successes in a row before it is healthy again (≥ 1); the first of all is enough. */
  readonly healthyThreshold: number;
  /** While the cluster was never called, ms (> 0). Absent: 60,000, and for healthy endpoints as for others. */
  readonly noTrafficIntervalMs?: number;
  readonly noTrafficHealthyIntervalMs?: number;
  /** While it is unhealthy; after a first failure; after a first success, each until the threshold is reached, ms (> 0). Absent: as the others. */
  readonly unhealthyIntervalMs?: number;
  readonly unhealthyEdgeIntervalMs?: number;
  readonly healthyEdgeIntervalMs?: number;
  /** Each check has a connection of its own. */
  readonly closesConnections?: true;
  /** In place of the endpoints' own port, 1–65535. */
  readonly altPort?: number;
  /** Also where nothing has changed. */
  readonly logsFailures?: true;
  readonly logsSuccesses?: true;
  readonly check: HttpCheckSpec | TcpCheckSpec | GrpcCheckSpec;
}

/** Source: HealthCheck.HttpHealthCheck. */
export interface HttpCheckSpec {
  readonly kind: 'http';
  /** Begins with `/`. */
  readonly path: string;
  /** Absent: the endpoint's own host name, else the name of the cluster. */
  readonly host?: string;
  readonly method: string;
  /** Over cleartext (prior knowledge), or as ALPN says. */
  readonly http2?: true;
  readonly add?: readonly HeaderToAddSpec[];
  /** Lower case. */
  readonly remove?: readonly string[];
  /** Body of the request, in hexadecimal digits. */
  readonly send?: string;
  /** All of these stand in the body of the answer, in this order; in hexadecimal digits. */
  readonly receive?: readonly string[];
  /** Of that body so many bytes are looked at (≥ 1). Absent: 1,024. */
  readonly receiveBytes?: number;
  readonly expectedStatuses: readonly StatusRange[];
  /** Count like a connection that failed; others make the endpoint unhealthy at once. */
  readonly retriableStatuses?: readonly StatusRange[];
}

/** 100 ≤ start ≤ status < end ≤ 600. */
export interface StatusRange {
  readonly start: number;
  readonly end: number;
}

/** Source: HealthCheck.TcpHealthCheck. Texts are hexadecimal digits. */
export interface TcpCheckSpec {
  readonly kind: 'tcp';
  /** Absent: a connection is enough, unless something is to be received. */
  readonly send?: string;
  /** All of these come, in this order. */
  readonly receive?: readonly string[];
}

/** Asks grpc.health.v1.Health. Source: HealthCheck.GrpcHealthCheck. */
export interface GrpcCheckSpec {
  readonly kind: 'grpc';
  /** Empty: the server as a whole. */
  readonly service: string;
  /** Absent: the endpoint's own host name, else the name of the cluster. */
  readonly authority?: string;
  readonly metadata?: readonly HeaderToAddSpec[];
}

export const DEFAULT_NO_TRAFFIC_INTERVAL_MS = 60_000;
export const DEFAULT_RECEIVE_BYTES = 1_024;
export const OK_ONLY: readonly StatusRange[] = [{ start: 200, end: 201 }];

/** How a single endpoint is asked, where that differs. Source: envoy.config.endpoint.v3.Endpoint.HealthCheckConfig. */
export interface EndpointCheckSpec {
  /** 1–65535; absent: as the cluster says. */
  readonly port?: number;
  readonly hostname?: string;
  /** It is not asked, and counts as healthy. */
  readonly disabled?: true;
}
