// Routes as configuration: which authority and path belong to which cluster.

/** Source: envoy.config.route.v3.RouteConfiguration. */
export interface RouteConfigSpec {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHostSpec[];
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
}

export interface RouteSpec {
  /** Shown in access logs and statistics; may be empty. */
  readonly name: string;
  readonly match: RouteMatchSpec;
  readonly action: RouteActionSpec;
}

/** Source: envoy.config.route.v3.RouteMatch. Paths compare without the query, with case. */
export interface RouteMatchSpec {
  readonly path:
    | { readonly kind: 'prefix'; readonly value: string }
    | { readonly kind: 'exact'; readonly value: string };
  /** Matches CONNECT requests only, whatever their path (RouteMatch.connect_matcher). */
  readonly connect?: boolean;
}

/** Source: envoy.config.route.v3.RouteAction. */
export interface RouteActionSpec {
  readonly cluster: string;
  /** From the end of the request to the end of the response, ms; 0 = none. Absent on the wire means 15,000. */
  readonly timeoutMs: number;
  /** When to try again; absent = what is safe by itself (docs/architecture.md). */
  readonly retry?: RetryPolicySpec;
}

/**
 * When a failed attempt is made again, whatever the request's method: `connect-failure` and `reset-before-request` (the connection never came
 * to be), `reset` (no answer came, for any reason but the route's own timeout), `gateway-error` (502, 503, 504), `5xx` (these, every other
 * from 500, or no answer), `retriable-4xx` (409), `retriable-status-codes` (`statusCodes`). `refused-stream` is of HTTP/2 alone.
 */
export const RETRY_CONDITIONS = [
  'connect-failure',
  'refused-stream',
  'reset',
  'reset-before-request',
  'gateway-error',
  '5xx',
  'retriable-4xx',
  'retriable-status-codes',
] as const;
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** Source: envoy.config.route.v3.RetryPolicy. */
export interface RetryPolicySpec {
  readonly on: readonly RetryCondition[];
  /** Attempts after the first, ≥ 0. */
  readonly numRetries: number;
  /** What `retriable-status-codes` means: 100–599 each. */
  readonly statusCodes: readonly number[];
  /** The pause before each retry, drawn from [0, base × (2^retry − 1)] and at most `maxMs`; absent = none while another endpoint is left. */
  readonly backOff?: { readonly baseMs: number; readonly maxMs: number };
}
