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
}

/** What a view holds of one type. Immutable: a change makes a new one, with unchanged resources shared. */
export interface TypeState {
  /** Hash over the sorted (name, version) pairs: the version_info of state-of-the-world responses. */
  readonly version: string;
  readonly resources: ReadonlyMap<string, EncodedResource>;
}

/**
 * Encodes each spec object once, whatever the number of views and clients that hold it: snapshots share the objects that did not change
 * (model/snapshot.ts). Forgets an encoding when its spec is gone.
 */
export class ResourceEncoder {
  readonly #encoded = new WeakMap<object, EncodedResource>();

  encode(type: AnyResourceType, spec: object): EncodedResource {
    const known = this.#encoded.get(spec);
    if (known !== undefined) return known;
    const value = type.encode(spec);
    const any = toBinary(AnySchema, create(AnySchema, { typeUrl: type.typeUrl, value }));
    const fresh = { name: type.name(spec), version: contentHash(value), any, references: type.references(spec) };
    this.#encoded.set(spec, fresh);
    return fresh;
  }
}

export function typeVersion(resources: ReadonlyMap<string, EncodedResource>): string {
  const lines: string[] = [];
  for (const resource of resources.values()) lines.push(`${resource.name}\n${resource.version}`);
  return contentHash(lines.sort().join('\n'));
}
