// What a response is made of, whichever variant of the protocol writes it.
import type { EncodedResource } from '../cache/encoded-resource.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** What the next response has to tell. */
export interface Batch {
  readonly type: AnyResourceType;
  readonly version: string;
  /** New to the client, or changed since it was told. */
  readonly changed: readonly EncodedResource[];
  /** The client was told of them, or asked for them, and they are not there. */
  readonly removed: readonly string[];
  /** All that the client shall hold afterwards, changed or not. Made on demand: it may be large. */
  complete(): readonly EncodedResource[];
}
