// Listeners as configuration: where to accept connections, how to tell them apart, and what to do with them.
import type { EnvoyHeadersSpec } from './envoy-headers-spec.ts';
import type { FilterChainMatchSpec } from './filter-chain-match-spec.ts';
import type { HttpFilterSpec } from './http-filter-spec.ts';
import type { RouteConfigSpec, WeightedClusterSpec } from './route-spec.ts';
import type { DownstreamTlsSpec } from './tls-spec.ts';
import type { UpgradesSpec } from './upgrades-spec.ts';

export interface SocketAddressSpec {
  /** IPv4 or IPv6 literal, never a name. */
  readonly host: string;
  /** 0–65535; 0 asks the system for a free one. */
  readonly port: number;
}

/** Source: envoy.config.listener.v3.Listener. */
export interface ListenerSpec {
  readonly name: string;
  readonly address: SocketAddressSpec;
  /** Further addresses that serve the same (Listener.additional_addresses). */
  readonly additionalAddresses: readonly SocketAddressSpec[];
  /** No two match alike; the most exact one takes a connection. At least one, or a default. */
  readonly filterChains: readonly FilterChainSpec[];
  /** Takes what no other chain takes; absent = such a connection is closed. */
  readonly defaultFilterChain?: FilterChainSpec;
  /** Absent = chains are chosen without a look at the first bytes. */
  readonly inspection?: InspectionSpec;
  /**
   * What becomes of a redirected connection: `match`, chains are chosen by where it was going, and where routes come on demand they are those of
   * the Service that has that address; `hand-over`, the listener at that address takes it, and where there is none it is as with `match`. Absent =
   * it is refused, since its routes would be somebody else's.
   */
  readonly originalDestination?: 'match' | 'hand-over';
  /** Absent = it binds its addresses. `false`: connections come to it only from a listener that hands them over. */
  readonly bindToPort?: false;
}

/** What is read of a connection before a chain is chosen. Source: Listener.listener_filters (tls_inspector, http_inspector). */
export interface InspectionSpec {
  readonly tls: boolean;
  readonly http: boolean;
  /** How long the caller may be silent, ms; 0 = for ever. Envoy's default: 15,000. */
  readonly timeoutMs: number;
  /** After that a chain is chosen by what is known; else the connection is closed. */
  readonly continueOnTimeout: boolean;
}

/** Source: envoy.config.listener.v3.FilterChain with one network filter. */
export interface FilterChainSpec {
  /** May be empty. */
  readonly name: string;
  readonly match: FilterChainMatchSpec;
  /** The handshake is answered here; absent = bytes are taken as they come. */
  readonly tls?: DownstreamTlsSpec;
  readonly filter: NetworkFilterSpec;
}

export type NetworkFilterSpec =
  | { readonly kind: 'http'; readonly http: HttpConnectionManagerSpec }
  | { readonly kind: 'tcp'; readonly tcp: TcpProxySpec };

/** Source: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager. */
export interface HttpConnectionManagerSpec {
  /** Prefix of the listener's statistics. */
  readonly statPrefix: string;
  /** What callers may speak; absent = HTTP/1.1, or HTTP/2 by prior knowledge, as they begin. Source: codec_type. */
  readonly codec?: 'http1' | 'http2';
  /**
   * Routes by name from RDS, given in place, or `on-demand`: those of the Service port that a request's authority means, asked for when it is
   * first dialled (on the wire: the filter envoy.filters.http.on_demand over routes that name no host).
   */
  readonly routes:
    | { readonly kind: 'rds'; readonly name: string }
    | { readonly kind: 'on-demand' }
    | { readonly kind: 'inline'; readonly config: RouteConfigSpec };
  /** How long a downstream connection may stay without a request, ms; 0 = for ever. Envoy's default: 3,600,000. */
  readonly idleTimeoutMs: number;
  /** How long a request head may take to arrive, ms from its first byte; 0 = for ever. */
  readonly requestHeadersTimeoutMs: number;
  /** How long nothing of a request or its answer may move, ms; 0 = for ever. Absent, as of the next three: what the program was told. */
  readonly streamIdleTimeoutMs?: number;
  /** How long a request may take to arrive whole, ms; 0 = for ever. */
  readonly requestTimeoutMs?: number;
  /** Of a request with its start line, ≥ 1 KiB. Absent, as of the next: what the program was told. */
  readonly maxRequestHeadBytes?: number;
  /** ≥ 1. */
  readonly maxRequestFields?: number;
  /** ≥ 1. */
  readonly maxRequestsPerConnection?: number;
  /** The age at which a connection is closed, or with the answer in work, ms (> 0). */
  readonly maxConnectionDurationMs?: number;
  /** From the head of a request to the end of its answer, ms (> 0); a route may say otherwise. Absent = for ever. */
  readonly maxStreamDurationMs?: number;
  /** Files that get a line for each request; /dev/stdout and /dev/stderr are the program's own. Absent = what the program was told. */
  readonly accessLogs?: readonly string[];
  /** Absent = nothing but what a route allows. */
  readonly upgrades?: UpgradesSpec;
  /** In their order, at least one. Absent = requests go straight to where their routes say. */
  readonly filters?: readonly HttpFilterSpec[];
  /** Absent = nobody's count. */
  readonly envoyHeaders?: EnvoyHeadersSpec;
}

/** Bytes both ways, untouched, to one connection. Source: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy. */
export interface TcpProxySpec {
  /** Prefix of its statistics. */
  readonly statPrefix: string;
  /** One, or one of several by chance. */
  readonly cluster: string | readonly Pick<WeightedClusterSpec, 'name' | 'weight'>[];
  /** How long no byte may pass in either direction, ms; 0 = for ever. Envoy's default: 3,600,000. */
  readonly idleTimeoutMs: number;
  /** Endpoints that are tried until one takes the connection, ≥ 1. Envoy's default: 1. */
  readonly maxConnectAttempts: number;
  /** For clusters whose load balancer asks for a hash: that of the caller's address. Source: hash_policy, source_ip. */
  readonly hashesClients?: true;
  /** As of HttpConnectionManagerSpec; a line for each connection. */
  readonly accessLogs?: readonly string[];
}

export const DEFAULT_IDLE_TIMEOUT_MS = 3_600_000;
export const DEFAULT_INSPECTION_TIMEOUT_MS = 15_000;

/** The one chain of a listener that takes every connection for HTTP. */
export function httpChain(http: HttpConnectionManagerSpec): FilterChainSpec {
  return { name: '', match: {}, filter: { kind: 'http', http } };
}

/** All chains, the default one last. */
export function chainsOf(listener: ListenerSpec): readonly FilterChainSpec[] {
  const { filterChains, defaultFilterChain } = listener;
  return defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
}

/** The connection managers of a listener, in the order of its chains. */
export function httpManagersOf(listener: ListenerSpec): readonly HttpConnectionManagerSpec[] {
  return chainsOf(listener).flatMap(({ filter }) => (filter.kind === 'http' ? [filter.http] : []));
}

/** The clusters that a listener sends connections to by itself, each once. */
export function tcpClustersOf(listener: ListenerSpec): readonly string[] {
  const names = chainsOf(listener).flatMap(({ filter }) => {
    if (filter.kind === 'http') return [];
    const { cluster } = filter.tcp;
    return typeof cluster === 'string' ? [cluster] : cluster.map(({ name }) => name);
  });
  return [...new Set(names)];
}

/** Every file that its chains write access logs to. */
export function accessLogsOf(listener: ListenerSpec): readonly string[] {
  return chainsOf(listener).flatMap(({ filter }) =>
    filter.kind === 'http' ? (filter.http.accessLogs ?? []) : (filter.tcp.accessLogs ?? []),
  );
}
