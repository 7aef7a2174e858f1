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
}
