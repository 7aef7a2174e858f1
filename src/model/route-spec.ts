// Routes as configuration: which requests go to which cluster, changed in what, and which are answered here.
import type { RoutingPriority } from './circuit-breakers-spec.ts';
import type { HashPolicySpec } from './hash-policy-spec.ts';
import type { HeaderChangesSpec } from './header-changes-spec.ts';
import type { FilterOverridesSpec } from './http-filter-spec.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import type { RetryPolicySpec } from './retry-policy-spec.ts';
import type { RouteMatchSpec } from './route-match-spec.ts';
import type { SessionSpec } from './session-spec.ts';
import type { SubsetLabels } from './subset-spec.ts';
import type { UpgradesSpec } from './upgrades-spec.ts';

/**
 * Source: envoy.config.route.v3.RouteConfiguration. Header changes happen from the inside out: weighted cluster, route, virtual host, route
 * configuration; the last one to say something has its way.
 */
export interface RouteConfigSpec {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHostSpec[];
  /** Domains are found without looking at the port of the authority. */
  readonly ignorePortInHostMatching?: boolean;
  /** Header changes of route, virtual host and route configuration happen the other way round: the route has its way. */
  readonly mostSpecificHeaderChangesWin?: boolean;
  readonly headers?: HeaderChangesSpec;
  /** What the filters of listeners do to its requests; virtual hosts, routes and weighted clusters, in this order, are more specific. */
  readonly filters?: FilterOverridesSpec;
}

/** Source: envoy.config.route.v3.VirtualHost. */
export interface VirtualHostSpec {
  readonly name: string;
  /**
   * Authorities, lower case, each unique in its RouteConfiguration: exact (`a.b`, `a.b:80`), suffix (`*.b`), prefix (`a.*`) or `*`.
   * Exact wins over the longest suffix, that over the longest prefix, that over `*`.
   */
  readonly domains: readonly string[];
  /** The first that matches wins. */
  readonly routes: readonly RouteSpec[];
  /** x-envoy-attempt-count is told to endpoints, or to callers. Source: include_request_attempt_count, include_attempt_count_in_response. */
  readonly attemptCount?: { readonly request?: true; readonly response?: true };
  readonly headers?: HeaderChangesSpec;
  readonly filters?: FilterOverridesSpec;
}

export interface RouteSpec {
  /** Shown in access logs and statistics; may be empty. */
  readonly name: string;
  readonly match: RouteMatchSpec;
  readonly action: RouteActionSpec | RedirectSpec | DirectResponseSpec;
  readonly headers?: HeaderChangesSpec;
  readonly filters?: FilterOverridesSpec;
}

/** Goes to a cluster. Source: envoy.config.route.v3.RouteAction. */
export interface RouteActionSpec {
  readonly kind?: 'route';
  /** One, or one of several by chance. */
  readonly cluster: string | readonly WeightedClusterSpec[];
  /** From the end of the request to the end of the response, ms; 0 = none. Absent on the wire means 15,000. */
  readonly timeoutMs: number;
  /** How long nothing of the request or its response may move, ms; 0 = for ever. Absent: as the listener says. */
  readonly idleTimeoutMs?: number;
  /** Of a call as a whole, from its head to the end of its answer; absent: what the listener and, in grpc-timeout, the caller say. */
  readonly streamDuration?: StreamDurationSpec;
  /** Of gRPC calls, in the place of `timeoutMs`; not where there is a `streamDuration`. */
  readonly grpcTimeout?: GrpcTimeoutSpec;
  /** When to try again; absent = what is safe by itself (docs/guides/retries.md). */
  readonly retry?: RetryPolicySpec;
  /** Who gets copies of its requests; not for CONNECT, and not where a request upgrades. */
  readonly mirrors?: readonly MirrorSpec[];
  /** Whose limits of the cluster count (`CircuitBreakersSpec`); absent = `default`. */
  readonly priority?: Exclude<RoutingPriority, 'default'>;
  /** The Host that the upstream sees. `header`: the value of that request header (lower case), where it has one. */
  readonly hostRewrite?:
    | { readonly kind: 'literal'; readonly value: string }
    | { readonly kind: 'header'; readonly name: string };
  readonly pathRewrite?: PathRewriteSpec;
  /** The subset of the cluster that requests go to; a weighted cluster's own labels go before these. Absent = none is asked for. */
  readonly subset?: SubsetLabels;
  /** For clusters whose load balancer asks for a hash; absent = requests have none. */
  readonly hashPolicies?: readonly HashPolicySpec[];
  /** Goes before what the listener says. */
  readonly upgrades?: UpgradesSpec;
  /** Of our own format; it goes before what filters of the listener say. Absent = as these say. */
  readonly session?: SessionSpec;
}

/** Source: envoy.config.route.v3.RouteAction.MaxStreamDuration. */
export interface StreamDurationSpec {
  /** Of calls whose caller says nothing, ms; 0 = for ever. Absent: as the listener says. */
  readonly maxMs?: number;
  /** The most that a caller's grpc-timeout may say, ms; 0 = whatever it says. Absent: `maxMs` counts for those callers too. */
  readonly grpcTimeoutMaxMs?: number;
  /** Taken off from that, ms; where nothing is left the call ends at once. */
  readonly grpcTimeoutOffsetMs?: number;
}

/** Source: envoy.config.route.v3.RouteAction.max_grpc_timeout. */
export interface GrpcTimeoutSpec {
  /** The most that a call may take, and what it may where its caller says nothing, ms; 0 = whatever the caller says. */
  readonly maxMs: number;
  /** Taken off from what a caller says, where that is more, ms. Source: grpc_timeout_offset. */
  readonly offsetMs: number;
}

/** Source: envoy.config.route.v3.WeightedCluster.ClusterWeight. The weights of a route add up to 1 … 2^32 − 1. */
export interface WeightedClusterSpec {
  readonly name: string;
  /** 0 = never. */
  readonly weight: number;
  readonly headers?: HeaderChangesSpec;
  readonly filters?: FilterOverridesSpec;
  readonly subset?: SubsetLabels;
  /** A literal Host; the route's own `hostRewrite` goes before it. */
  readonly hostRewrite?: string;
}

/**
 * `prefix`: what the path matched (the whole of it where the match is exact or a regex) becomes `value`. `regex`: every match of `pattern` in the path
 * becomes `substitution`, where `\1` is the first group. The query stays.
 */
export type PathRewriteSpec =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string };

export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

/** Answers with a Location, made of the request's own parts where nothing else is said. Source: envoy.config.route.v3.RedirectAction. */
export interface RedirectSpec {
  readonly kind: 'redirect';
  readonly status: (typeof REDIRECT_STATUSES)[number];
  /** Lower case. */
  readonly scheme?: string;
  /** May have a port. */
  readonly host?: string;
  /** 1 … 65,535. */
  readonly port?: number;
  /** `full`: the whole path; a query in it takes the place of the request's. */
  readonly path?: { readonly kind: 'full'; readonly value: string } | PathRewriteSpec;
  readonly stripQuery?: boolean;
}

/** Answers with this. Source: envoy.config.route.v3.DirectResponseAction. */
export interface DirectResponseSpec {
  readonly kind: 'direct-response';
  /** 200 … 599. */
  readonly status: number;
  readonly body: string;
}

/** The clusters that a route may send to, its mirrors too, each once; none where it answers by itself. */
export function clustersOf(route: RouteSpec): readonly string[] {
  if (route.action.kind === 'redirect' || route.action.kind === 'direct-response') return [];
  const { cluster } = route.action;
  const mirrors = (route.action.mirrors ?? []).map((mirror) => mirror.cluster);
  const targets = typeof cluster === 'string' ? [cluster] : cluster.map(({ name }) => name);
  return [...new Set([...targets, ...mirrors])];
}
