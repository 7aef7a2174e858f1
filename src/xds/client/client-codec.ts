// What a variant of the protocol (state of the world, incremental) adds to the client: how requests and responses are written.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { NodeSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import type { HeldType } from './held-type.ts';

/** A response of either variant. */
export interface Delivery {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Of the response as a whole; may be '' in incremental ones. */
  readonly version: string;
  readonly resources: readonly DeliveredResource[];
  /** Names that it says do not exist (any more). */
  readonly removed: readonly string[];
  /** It is all that there is of a type that was asked for whole: what it leaves out is gone. */
  readonly complete: boolean;
}

/** Of a google.protobuf.Any. */
export type Payload = Pick<Any, 'typeUrl' | 'value'>;

export interface DeliveredResource {
  /** As its envelope says; null where it has none: then only the resource itself tells. */
  readonly name: string | null;
  readonly version: string;
  /** Null: a heartbeat, which only renews the time to live. */
  readonly any: Payload | null;
  /** How long it may be used without being renewed, ms; null = for ever. */
  readonly ttlMs: number | null;
}

/** Stateless; requests are bytes, ready to be sent. */
export interface ClientCodec {
  readonly variant: 'sotw' | 'delta';
  /** gRPC path of the aggregated method. */
  readonly methodPath: string;
  /** The first request of a type on a stream. `node` only in the very first of the stream. */
  begin(held: HeldType, node: MessageInitShape<typeof NodeSchema> | null): Buffer;
  /** `held.names` has changed: these came, those went. */
  change(held: HeldType, added: readonly string[], gone: readonly string[]): Buffer;
  /** Answers the response of `held.nonce`: yes, or why not. */
  answer(held: HeldType, refusal: MessageInitShape<typeof StatusSchema> | null): Buffer;
  /** Throws on bytes that are no response. */
  read(bytes: Uint8Array): Delivery;
}
