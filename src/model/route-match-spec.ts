// What a request must be for a route to take it: path, headers and query parameters.
import type { FractionSpec } from './fraction-spec.ts';

/** Source: envoy.type.matcher.v3.StringMatcher. `prefix`, `suffix` and `contains` are never empty; `ignoreCase` folds ASCII letters. */
export type StringMatcherSpec =
  | {
      readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains';
      readonly value: string;
      readonly ignoreCase?: boolean;
    }
  | RegexMatcherSpec;

/** Matches the whole text. Syntax: RE2. */
export interface RegexMatcherSpec {
  readonly kind: 'regex';
  readonly pattern: string;
}

/**
 * Source: envoy.config.route.v3.HeaderMatcher. Of several fields of that name one must match; inverted, none may. A request without the
 * field does not match, inverted or not, unless `treatMissingAsEmpty` says that it has an empty one.
 */
export interface HeaderMatcherSpec {
  /** Lower case; or `:method`, `:path` (with its query), `:authority`, `:scheme`. */
  readonly name: string;
  readonly match:
    | StringMatcherSpec
    /** It is there, or with `value` false it is not. */
    | { readonly kind: 'present'; readonly value: boolean }
    /** An integer, `start` ≤ value < `end`; safe integers both. */
    | { readonly kind: 'range'; readonly start: number; readonly end: number };
  readonly invert?: boolean;
  readonly treatMissingAsEmpty?: boolean;
}

/** Source: envoy.config.route.v3.QueryParameterMatcher. The first parameter of that name counts, as it is written: nothing is decoded. */
export interface QueryMatcherSpec {
  readonly name: string;
  /** `present`: it is there, or with `value` false it is not. */
  readonly match: StringMatcherSpec | { readonly kind: 'present'; readonly value: boolean };
}

/** Source: envoy.config.route.v3.RouteMatch. All that is given must match. Paths compare without the query. */
export interface RouteMatchSpec {
  readonly path:
    | { readonly kind: 'prefix'; readonly value: string }
    | { readonly kind: 'exact'; readonly value: string }
    /** By whole segments: `/a` takes `/a` and `/a/b`, not `/ab`. No `/` at its end. */
    | { readonly kind: 'separated-prefix'; readonly value: string }
    | RegexMatcherSpec;
  /** Folds ASCII letters of the path, for every kind but `regex`. */
  readonly ignoreCase?: boolean;
  /** Matches CONNECT requests only, whatever their path (RouteMatch.connect_matcher). */
  readonly connect?: boolean;
  /** Of the requests that all else matches so many are taken, by chance. Absent = all. Source: RouteMatch.runtime_fraction. */
  readonly share?: FractionSpec;
  readonly headers?: readonly HeaderMatcherSpec[];
  readonly query?: readonly QueryMatcherSpec[];
}
