// The seam between whoever brings configuration (the xDS client, a file, a test) and the data plane that runs it.
import type { Issue } from '../base/result.ts';
import type { ClusterSpec } from './cluster-spec.ts';
import type { LoadAssignmentSpec } from './endpoint-spec.ts';
import type { ListenerSpec } from './listener-spec.ts';
import type { PrefetchHintsSpec } from './prefetch-hints-spec.ts';
import type { RouteConfigSpec } from './route-spec.ts';
import type { ServiceNameSpec } from './service-name-spec.ts';

export interface ResourceChanges<Spec> {
  /** New or replaced resources, whole. */
  readonly upserted: readonly Spec[];
  /** Names that are gone. */
  readonly removed: readonly string[];
}

/** What changed; absent = nothing of that type. */
export interface Changes {
  readonly clusters?: ResourceChanges<ClusterSpec>;
  readonly endpoints?: ResourceChanges<LoadAssignmentSpec>;
  readonly listeners?: ResourceChanges<ListenerSpec>;
  readonly routes?: ResourceChanges<RouteConfigSpec>;
  /** What siblings hold. They count when they come before the first names. */
  readonly hints?: ResourceChanges<PrefetchHintsSpec>;
  /** The first ones, be they none, are all that there are then. */
  readonly names?: ResourceChanges<ServiceNameSpec>;
}

export interface ConfigSink {
  /**
   * Applies what is good at once and answers with what is not: none → ACK; else the NACK's text. A refused resource keeps its last good
   * version. Exchanges in flight keep the configuration that they began with. Never throws.
   */
  apply(changes: Changes): readonly Issue[];
}

/** A sink that runs elsewhere (in workers): changes take effect in the order of the calls, and so do answers come. */
export interface DeferredConfigSink {
  /** As ConfigSink, but that the answer may come later: when everybody who runs the configuration has applied it. Never rejects. */
  apply(changes: Changes): readonly Issue[] | Promise<readonly Issue[]>;
}
