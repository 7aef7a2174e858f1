// What exists only for those who ask for it by name, because nobody could hold all of it.
import type { HttpConnectionManagerSpec } from './listener-spec.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { RouteConfigSpec } from './route-spec.ts';

/** What a gRPC client is told of a name that it dials: a listener without a socket. Source: envoy.config.listener.v3.ApiListener. */
export interface ApiListenerSpec {
  /** What the client dials: `host:port`. */
  readonly name: string;
  readonly http: HttpConnectionManagerSpec;
}

/**
 * Implemented by the control plane. Null = there is no such name. As long as the answer says the same it is the same object. Pure, and
 * quick: it is asked for every client that waits for the name.
 */
export interface OnDemandSource {
  apiListener(node: NodeIdentity, name: string): ApiListenerSpec | null;
  routeConfig(node: NodeIdentity, name: string): RouteConfigSpec | null;
}
