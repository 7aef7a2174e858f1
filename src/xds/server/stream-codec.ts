// What a variant of the protocol (state of the world, incremental) adds to the loop of a stream: how requests and responses are written.
import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { Batch } from './subscription.ts';

/** A request of either variant. */
export interface SubscriptionRequest {
  readonly typeUrl: string;
  /** Only in the first request of a stream. */
  readonly node: Node | undefined;
  /** Of the response that this answers; '' = none. */
  readonly nonce: string;
  /** Set: that response was refused, and why. */
  readonly refusal: string | undefined;
  /** All names that are wanted from now on. (Incremental adds the form "subscribe these, unsubscribe those".) */
  readonly names: readonly string[];
}

/** Stateless. */
export interface StreamCodec<Request> {
  read(request: Request): SubscriptionRequest;
  /** Whether a response of this type can say that a resource is gone. */
  tellsRemovals(batch: Batch['type']): boolean;
  /** The response's bytes. */
  write(batch: Batch, nonce: string): Buffer;
}
