// Which pages of other origins may call, as browsers ask it.
import type { FractionSpec } from './fraction-spec.ts';
import type { StringMatcherSpec } from './route-match-spec.ts';

/**
 * Of one level (weighted cluster, route, virtual host, route configuration): what it does not say, the next one says. Source:
 * envoy.extensions.filters.http.cors.v3.CorsPolicy.
 */
export interface CorsPolicySpec {
  /** Empty = the next level says. One that takes "*" takes every origin. */
  readonly origins: readonly StringMatcherSpec[];
  /** Values of the Access-Control-… fields of the same names, as they are sent. "*" repeats what the preflight asks for. */
  readonly allowMethods?: string;
  readonly allowHeaders?: string;
  readonly exposeHeaders?: string;
  /** Seconds. */
  readonly maxAge?: string;
  readonly allowCredentials?: boolean;
  /** Pages of public networks may call this one of a private network. */
  readonly allowPrivateNetwork?: boolean;
  /** Preflights of other origins than those go to the pod. Where no level says, they do. */
  readonly forwardUnmatched?: boolean;
  /** The share of requests that it holds for, by the most specific level alone. */
  readonly enabled: FractionSpec;
  /** Those that it does not hold for are counted, by this share. */
  readonly shadow: FractionSpec;
}
