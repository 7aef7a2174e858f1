// What requests are hashed by, for load balancers that send equal requests to the same endpoint, as configuration.

/**
 * The hashes of all policies are joined; a policy that finds nothing says nothing, and behind a `terminal` one that finds something no further
 * one is asked. Source: envoy.config.route.v3.RouteAction.HashPolicy.
 */
export type HashPolicySpec = HashedPartSpec & { readonly terminal?: boolean };

type HashedPartSpec =
  /** `name`: lower case. `rewrite`: every match of the pattern in the value becomes the substitution before it is hashed. */
  | { readonly kind: 'header'; readonly name: string; readonly rewrite?: HashRewriteSpec }
  | CookieHashSpec
  /** The caller's address, without its port. */
  | { readonly kind: 'source-ip' }
  /** The first parameter of that name, as it is written. */
  | { readonly kind: 'query-parameter'; readonly name: string };

export interface HashRewriteSpec {
  readonly pattern: string;
  readonly substitution: string;
}

export interface CookieHashSpec {
  readonly kind: 'cookie';
  readonly name: string;
  /** A caller that has no such cookie is given one, for so long, ms; 0 = until it closes. Absent = none is made. */
  readonly ttlMs?: number;
  /** Of the cookie that is made; absent = it has none. */
  readonly path?: string;
  /** Of the cookie that is made, in this order. */
  readonly attributes?: readonly { readonly name: string; readonly value: string }[];
}
