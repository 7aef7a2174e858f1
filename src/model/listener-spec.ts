// Listeners as configuration: where to accept connections and what to do with them.
import type { RouteConfigSpec } from './route-spec.ts';

export interface SocketAddressSpec {
  /** IPv4 or IPv6 literal, never a name. */
  readonly host: string;
  /** 0–65535; 0 asks the system for a free one. */
  readonly port: number;
}

/** Source: envoy.config.listener.v3.Listener with one HttpConnectionManager. */
export interface ListenerSpec {
  readonly name: string;
  readonly address: SocketAddressSpec;
  /** Further addresses that serve the same (Listener.additional_addresses). */
  readonly additionalAddresses: readonly SocketAddressSpec[];
  readonly http: HttpConnectionManagerSpec;
}

/** Source: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager. */
export interface HttpConnectionManagerSpec {
  /** Prefix of the listener's statistics. */
  readonly statPrefix: string;
  /** Routes by name from RDS, or given in place. */
  readonly routes:
    | { readonly kind: 'rds'; readonly name: string }
    | { readonly kind: 'inline'; readonly config: RouteConfigSpec };
  /** How long a downstream connection may stay without a request, ms; 0 = for ever. Envoy's default: 3,600,000. */
  readonly idleTimeoutMs: number;
  /** How long a request head may take to arrive, ms from its first byte; 0 = for ever. */
  readonly requestHeadersTimeoutMs: number;
  /** Files that get a line for each request; /dev/stdout and /dev/stderr are the program's own. Absent = what the program was told. */
  readonly accessLogs?: readonly string[];
}

export const DEFAULT_IDLE_TIMEOUT_MS = 3_600_000;
