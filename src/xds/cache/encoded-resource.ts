// Resources as they go over the wire, made once per content.
import { create, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { contentHash } from '../../base/content-hash.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** Immutable; everybody may keep it, nobody may write to `any`. */
export interface EncodedResource {
  readonly name: string;
  /** Hash of the content: the same on every replica and after every restart. */
  readonly version: string;
  /** The bytes of a google.protobuf.Any that holds the resource. */
  readonly any: Uint8Array;
  /** Names of the resources of `type.refersTo` that it needs. */
  readonly references: readonly string[];
  /** 64 bits that stand for name and version in the version of a set. */
  readonly digest: bigint;
}

/** The part of a ResourceType that encoding needs. */
export type EncodableType = Pick<AnyResourceType, 'typeUrl' | 'name' | 'references' | 'encode'>;

/**
 * Encodes each spec object once, whatever the number of views and clients that hold it: snapshots share the objects that did not change
 * (model/snapshot.ts). Forgets an encoding when its spec is gone.
 */
export class ResourceEncoder {
  readonly #encoded = new WeakMap<object, EncodedResource>();

  encode(type: EncodableType, spec: object): EncodedResource {
    const known = this.#encoded.get(spec);
    if (known !== undefined) return known;
    const value = type.encode(spec);
    const any = toBinary(AnySchema, create(AnySchema, { typeUrl: type.typeUrl, value }));
    const name = type.name(spec);
    const version = contentHash(value);
    const digest = BigInt(`0x${contentHash(name, version)}`);
    const fresh = { name, version, any, references: type.references(spec), digest };
    this.#encoded.set(spec, fresh);
    return fresh;
  }
}
