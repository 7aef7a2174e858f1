// What exists only for those who ask for it by name, because nobody could hold all of it.
import type { HttpConnectionManagerSpec } from './listener-spec.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { PrefetchHintsSpec } from './prefetch-hints-spec.ts';
import type { RouteConfigSpec } from './route-spec.ts';
import type { ServicePortName } from './service-name-spec.ts';

/** What a gRPC client is told of a name that it dials: a listener without a socket. Source: envoy.config.listener.v3.ApiListener. */
export interface ApiListenerSpec {
  /** What the client dials: `host:port`. */
  readonly name: string;
  readonly http: HttpConnectionManagerSpec;
}

/**
 * Implemented by the control plane. Null = there is no such name. As long as the answer says the same it is the same object. Pure (but for
 * hints), and quick: it is asked for every client that waits for the name.
 */
export interface OnDemandSource {
  apiListener(node: NodeIdentity, name: string): ApiListenerSpec | null;
  routeConfig(node: NodeIdentity, name: string): RouteConfigSpec | null;
  /** What siblings of `node` hold now, be it nothing. Not of its view: of itself. */
  prefetchHints(node: NodeIdentity): PrefetchHintsSpec;
}

/** Implemented by whoever brings configuration to a sidecar (the xDS client), for a sidecar that holds what it dials. */
export interface ConfigDemand {
  /** Routes, clusters and endpoints of `ports` are wanted from now on. They come through the sink as soon as they can, or never. */
  subscribe(ports: readonly ServicePortName[]): void;
  /** None of these is wanted any more: what was there of them has been taken from the sink before this returns. */
  unsubscribe(ports: readonly ServicePortName[]): void;
  /** Why nothing may come at present, for people; null where all is well. */
  readonly problem: string | null;
  /** The last attempt to reach whoever is asked has failed: not while a connection that is lost is made anew for the first time. */
  readonly unreachable: boolean;
}

/** What becomes of a call to what was never dialled while whoever is asked cannot be reached. */
export const ON_UNAVAILABLE = ['wait', 'passthrough'] as const;
export type OnUnavailable = (typeof ON_UNAVAILABLE)[number];
