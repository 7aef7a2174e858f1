// Clusters as configuration: a named set of endpoints and how to call them.
import type { BalancingSpec, LoadBalancerName } from './balancing-spec.ts';
import type { CircuitBreakersSpec } from './circuit-breakers-spec.ts';
import type { ConnectionsSpec } from './connections-spec.ts';
import type { EndpointHealth, LoadAssignmentSpec } from './endpoint-spec.ts';
import type { HealthCheckSpec } from './health-check-spec.ts';
import type { OutlierDetectionSpec } from './outlier-detection-spec.ts';
import type { UpstreamTlsSpec } from './tls-spec.ts';

/** Source: envoy.config.cluster.v3.Cluster. */
export interface ClusterSpec {
  readonly name: string;
  readonly discovery:
    | {
        readonly kind: 'eds';
        /** Name of the ClusterLoadAssignment (EdsClusterConfig.service_name, else the cluster's name). */
        readonly serviceName: string;
      }
    | { readonly kind: 'static'; readonly assignment: LoadAssignmentSpec }
    | DnsDiscoverySpec
    /** Its endpoints are the addresses that redirected connections were going to. */
    | { readonly kind: 'original-dst' };
  /** For the TCP handshake, ms (> 0). Envoy's default: 5,000. */
  readonly connectTimeoutMs: number;
  /**
   * What its endpoints speak. `auto`: HTTP/2 or HTTP/1.1, as each agrees to in its TLS handshake (ALPN); only with `tls`. Absent = HTTP/1.1.
   * Source: HttpProtocolOptions.explicit_http_config, auto_config.
   */
  readonly protocol?: 'http2' | 'auto';
  /** What its callers speak. Absent = nobody looks into it. Source: metadata `switchboard.dev`, `app_protocol`. */
  readonly appProtocol?: AppProtocol;
  /** Of an answer with its start line, ≥ 1 KiB. Absent, as of the next: what the program was told. */
  readonly maxResponseHeadBytes?: number;
  /** ≥ 1. */
  readonly maxResponseFields?: number;
  /** Absent = its connections live as the program was told. */
  readonly connections?: ConnectionsSpec;
  /** Absent = plain text. */
  readonly tls?: UpstreamTlsSpec;
  /** Absent = clients are with no endpoint. Source: metadata `switchboard.dev`, `client_affinity_ms`. */
  readonly clientAffinity?: ClientAffinitySpec;
  /** Endpoints that sessions by address may stay with; absent = healthy and degraded ones. Source: common_lb_config.override_host_status. */
  readonly sessionHealths?: readonly EndpointHealth[];
  /** Absent = nobody is taken out for what it answers. */
  readonly outlierDetection?: OutlierDetectionSpec;
  /** Absent = nobody is asked. Source: health_checks. */
  readonly healthCheck?: HealthCheckSpec;
  /** Endpoints that are not told any more go at once, whatever they answer to checks. Source: ignore_health_on_host_removal. */
  readonly removesHealthy?: true;
  /** Absent = as many connections and requests as there are callers for. */
  readonly circuitBreakers?: CircuitBreakersSpec;
  /** Name of a row of the load balancer table. */
  readonly loadBalancer: LoadBalancerName;
  /** Absent = every default. */
  readonly balancing?: BalancingSpec;
}

/** A client, known by its address, stays with one endpoint for as long as that takes requests. Source: Service.spec.sessionAffinity, ClientIP. */
export interface ClientAffinitySpec {
  /** Since its last request or connection, ms (> 0). */
  readonly timeoutMs: number;
}

/** `http`: any version of it; `tcp`: bytes, TLS among them; `detect`: its author has not said, so the first bytes tell. */
export const APP_PROTOCOLS = ['http', 'tcp', 'detect'] as const;
export type AppProtocol = (typeof APP_PROTOCOLS)[number];

/**
 * `strict-dns`: every address of the answers is an endpoint. `logical-dns`: one endpoint, of which the first address of the newest answer
 * serves new connections. Source: envoy.config.cluster.v3.Cluster.DiscoveryType.
 */
export interface DnsDiscoverySpec {
  readonly kind: 'strict-dns' | 'logical-dns';
  /** Its hosts may be names; `logical-dns` has exactly one. */
  readonly targets: LoadAssignmentSpec;
  /** From one answer to the next look-up, ms (> 0). Envoy's default: 5,000. */
  readonly refreshMs: number;
  /** Where an answer says how long it lives (> 0), that takes the place of `refreshMs`. */
  readonly respectTtl: boolean;
  /** After a failure the next look-up comes after a delay from [0, baseMs × 2^failures), at most `maxMs`; absent = after `refreshMs`. */
  readonly failureBackOff?: { readonly baseMs: number; readonly maxMs: number };
  /** Added to each delay: drawn from [0, jitterMs). */
  readonly jitterMs: number;
  readonly family: DnsFamily;
}

/** `auto`: IPv6, and IPv4 where that has none; `v4-preferred`: the other way round; `all`: both. */
export const DNS_FAMILIES = ['auto', 'v4-only', 'v6-only', 'v4-preferred', 'all'] as const;
export type DnsFamily = (typeof DNS_FAMILIES)[number];

export const DEFAULT_DNS_REFRESH_MS = 5_000;

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

export const DEFAULT_SESSION_HEALTHS: readonly EndpointHealth[] = ['healthy', 'degraded'];
