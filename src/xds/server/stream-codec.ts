// What a variant of the protocol (state of the world, incremental) adds to the loop of a stream: how requests and responses are written.
import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import type { Batch } from './batch.ts';

/** What a request says about the names that the client wants. */
export type NameChange =
  /** These and no others from now on. State of the world. */
  | { readonly kind: 'replace'; readonly names: readonly string[] }
  /** These too, those no longer. Incremental. */
  | {
      readonly kind: 'change';
      readonly subscribe: readonly string[];
      readonly unsubscribe: readonly string[];
      /** What the client holds from an earlier stream, name to version; counts in the first request of a type only. */
      readonly held: ReadonlyMap<string, string>;
    };

/** A request of either variant. */
export interface SubscriptionRequest {
  /** '' where the method already says it. */
  readonly typeUrl: string;
  /** Only in the first request of a stream. */
  readonly node: Node | undefined;
  /** Of the response that this answers; '' = none. */
  readonly nonce: string;
  /** Set: that response was refused, and why. */
  readonly refusal: string | undefined;
  readonly names: NameChange;
}

/** Stateless. */
export interface StreamCodec<Request> {
  /** For people: `sotw` or `delta`. */
  readonly variant: 'sotw' | 'delta';
  read(request: Request): SubscriptionRequest;
  /** A response of this type says all that there is: what it leaves out is gone. */
  isComplete(type: AnyResourceType): boolean;
  /** A response of this type can say that a resource is gone. */
  tellsRemovals(type: AnyResourceType): boolean;
  /** The response's bytes. */
  write(batch: Batch, nonce: string): Buffer;
}

/** How every response says who answers. */
export const CONTROL_PLANE = { identifier: 'switchboard' };
