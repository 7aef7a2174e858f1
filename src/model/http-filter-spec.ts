// HTTP filters: what happens to each request of a listener before it goes where its route says, and what routes say otherwise.
import type { AdaptiveConcurrencySpec } from './adaptive-concurrency-spec.ts';
import type { CorsPolicySpec } from './cors-spec.ts';
import type { FaultSpec } from './fault-spec.ts';
import type { LocalRateLimitSpec } from './local-rate-limit-spec.ts';
import type { SessionSpec } from './session-spec.ts';

/** What the filter for sessions is called where our own control plane names it. */
export const SESSION_FILTER = 'envoy.filters.http.stateful_session';

/** One of the chain of a listener, in its order; the router, which is always the last, is not told. Source: HttpConnectionManager.http_filters. */
export interface HttpFilterSpec {
  /** What routes call it by. */
  readonly name: string;
  /** It runs only for routes that say so. */
  readonly disabled?: true;
  readonly config: HttpFilterConfigSpec;
}

export type HttpFilterConfigSpec =
  | { readonly kind: 'fault'; readonly fault: FaultSpec }
  | { readonly kind: 'local-rate-limit'; readonly limit: LocalRateLimitSpec }
  /** Routes say what. */
  | { readonly kind: 'cors' }
  | AdaptiveConcurrencyFilterSpec
  | StatefulSessionSpec;

/** Null = off. Envoy has it in listeners alone. */
interface AdaptiveConcurrencyFilterSpec {
  readonly kind: 'adaptive-concurrency';
  readonly concurrency: AdaptiveConcurrencySpec | null;
}

/** Null = none. Source: envoy.extensions.filters.http.stateful_session.v3. */
interface StatefulSessionSpec {
  readonly kind: 'stateful-session';
  readonly session: SessionSpec | null;
}

/** By the name of a filter. Source: typed_per_filter_config of RouteConfiguration, VirtualHost, Route and WeightedCluster.ClusterWeight. */
export type FilterOverridesSpec = Readonly<Record<string, FilterOverrideSpec>>;

/** The most specific level that speaks of a filter says whether it runs; that of those which have a `config`, how. Source: envoy.config.route.v3.FilterConfig. */
export interface FilterOverrideSpec {
  readonly disabled?: true;
  readonly config?: FilterOverrideConfigSpec;
}

/** One for another kind of filter than has the name changes nothing. */
export type FilterOverrideConfigSpec =
  | { readonly kind: 'fault'; readonly fault: FaultSpec }
  /** With a bucket. */
  | { readonly kind: 'local-rate-limit'; readonly limit: LocalRateLimitSpec }
  | { readonly kind: 'cors'; readonly policy: CorsPolicySpec }
  | AdaptiveConcurrencyFilterSpec
  | StatefulSessionSpec;
