// Sessions that stay with one pod for as long as it serves, as configuration: what carries them, and what becomes of one whose pod is gone.

/** Source: envoy.extensions.filters.http.stateful_session.v3.StatefulSession, and what our own control plane adds to it (docs/adr/0026). */
export interface SessionSpec {
  readonly carrier: SessionCarrierSpec;
  /**
   * What the carrier says: `token`, an opaque text that only this mesh can read; `address`, that of the endpoint in base64, which is what Envoy
   * writes and reads.
   */
  readonly format: 'token' | 'address';
  readonly onLoss: SessionLoss;
  /** Of the error with `fail`, 200 … 599; absent = 503. */
  readonly failStatus?: number;
  /** From its beginning, ms; 0 = for ever. Kept here, whatever the client keeps. */
  readonly lifetimeMs: number;
  /** How long it may rest between two requests, ms, > 0; absent = as long as it likes. Of tokens alone: Envoy's addresses do not say when they were used. */
  readonly idleTimeoutMs?: number;
}

/**
 * What becomes of a session whose pod is gone. `rehome`: it moves to another one, the same for everybody who asks. `fail`: it ends with an error, and
 * a new one may begin. `hash`: it goes where the route's hash policies say, and where they say nothing as with `rehome`. Of addresses (Envoy's
 * format) `hash` is where the load balancer says.
 */
export const SESSION_LOSSES = ['rehome', 'fail', 'hash'] as const;
export type SessionLoss = (typeof SESSION_LOSSES)[number];

export type SessionCarrierSpec =
  | SessionCookieSpec
  /** Of requests and their answers, lower case; in gRPC it is metadata. */
  | { readonly kind: 'header'; readonly name: string };

/** Source: envoy.type.http.v3.Cookie. */
export interface SessionCookieSpec {
  readonly kind: 'cookie';
  readonly name: string;
  /** How long the client shall keep it, ms; 0 = until it closes. */
  readonly ttlMs: number;
  /** Requests for other paths belong to no session; absent = it says none, and all do. */
  readonly path?: string;
  /** Further ones, in this order. */
  readonly attributes?: readonly { readonly name: string; readonly value: string }[];
}
