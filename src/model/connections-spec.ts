// How long connections to the endpoints of a cluster live, and how it is found out that one is dead.

/** What is absent is as the program was told, or without limit. */
export interface ConnectionsSpec {
  /** One that carries nothing for so long is closed, ms; 0 = never. Source: HttpProtocolOptions.idle_timeout. */
  readonly idleTimeoutMs?: number;
  /** One that has carried so many requests (≥ 1) takes no more. Source: HttpProtocolOptions.max_requests_per_connection. */
  readonly maxRequests?: number;
  /** One that is so old takes no more requests, ms (> 0). Source: HttpProtocolOptions.max_connection_duration. */
  readonly maxAgeMs?: number;
  /** Absent = the operating system does not ask. Source: Cluster.upstream_connection_options.tcp_keepalive. */
  readonly tcpKeepalive?: TcpKeepaliveSpec;
}

/** Source: envoy.config.core.v3.TcpKeepalive. */
export interface TcpKeepaliveSpec {
  /** Nothing has come for so long before the first probe, s (1 … 32,767). */
  readonly timeS: number;
  /** Between two probes, s (1 … 32,767). */
  readonly intervalS: number;
  /** So many (1 … 127) without an answer end the connection. */
  readonly probes: number;
}

/** Linux's, which Envoy's absent fields mean. */
export const DEFAULT_TCP_KEEPALIVE: TcpKeepaliveSpec = { timeS: 7_200, intervalS: 75, probes: 9 };
/** Linux takes no more. */
export const MAX_KEEPALIVE_S = 32_767;
export const MAX_KEEPALIVE_PROBES = 127;
