// What every type of xDS resource must be able to do; the server, the cache and the client know resources only through this.
import type { Result } from '../../base/result.ts';
import type { Changes, ResourceChanges } from '../../model/config-sink.ts';
import type { Snapshot } from '../../model/snapshot.ts';

export const TYPE_URL_PREFIX = 'type.googleapis.com/';

export interface DecodedResource<Spec> {
  /** What the bytes say that it is called; '' where they cannot be read. */
  readonly name: string;
  /** The spec, or every reason against it. */
  readonly result: Result<Spec>;
  /** Paths of fields that are set, not supported and harmless to leave out; for `status`. At most MAX_NOTES. */
  readonly ignored: readonly string[];
}

/**
 * One row of RESOURCE_TYPES. Stateless. Methods, not properties, so that rows of different specs stand in one table: hand a row only
 * specs that came out of itself.
 */
export interface ResourceType<Spec> {
  readonly typeUrl: string;
  /** `CDS`, `EDS`, `LDS`, `RDS`, `PDS` for prefetch hints, or `NDS` for names: for people. */
  readonly shortName: string;
  /** `cluster`, …: for messages. */
  readonly noun: string;
  /** An empty first subscription means "all", and a response is the complete set: what it leaves out is gone. */
  readonly wildcard: boolean;
  /** The type that `references` belong to; null = this type names no other. */
  readonly refersTo: string | null;
  /**
   * A client puts a new version aside until what it refers to has arrived once more, changed or not (Envoy: warming). So nothing that may
   * refer to it is sent before that, and its removal is told after everything else: make before break.
   */
  readonly warms: boolean;
  /** There are so many that a client keeps only the version of each beside what the data plane makes of it. */
  readonly numerous?: boolean;
  specs(snapshot: Snapshot): ReadonlyMap<string, Spec>;
  toChanges(changes: ResourceChanges<Spec>): Changes;
  name(spec: Spec): string;
  /** Names of the resources without which this one cannot serve. */
  references(spec: Spec): readonly string[];
  /** The message's bytes; the same spec gives the same bytes. Envoy 1.40 accepts them. */
  encode(spec: Spec): Uint8Array;
  /** Never throws, whatever the bytes. */
  decode(bytes: Uint8Array): DecodedResource<Spec>;
}

export type AnyResourceType = ResourceType<object>;
