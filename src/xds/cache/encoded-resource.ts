// Resources as they go over the wire, made once per content.
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { contentHash } from '../../base/content-hash.ts';
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** Immutable; everybody may keep it, nobody may write to its bytes. */
export interface EncodedResource {
  readonly name: string;
  /** Hash of the content: the same on every replica and after every restart. */
  readonly version: string;
  /** The bytes of a google.protobuf.Any that holds the resource. */
  readonly any: Uint8Array;
  /** `any` as a field of an incremental response. */
  readonly envelope: Uint8Array;
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
    const name = type.name(spec);
    const version = contentHash(value);
    const digest = BigInt(`0x${contentHash(name, version)}`);
    const bytes = wrap(name, version, toBinary(AnySchema, create(AnySchema, { typeUrl: type.typeUrl, value })));
    const fresh = { name, version, ...bytes, references: type.references(spec), digest };
    this.#encoded.set(spec, fresh);
    return fresh;
  }
}

const RESPONSE = DeltaDiscoveryResponseSchema.field;
const RESOURCE = ResourceSchema.field;

/** Puts `any` last into its envelope, so that it is there once for both variants of the protocol. */
function wrap(name: string, version: string, any: Uint8Array): Pick<EncodedResource, 'any' | 'envelope'> {
  const writer = new BinaryWriter().tag(RESPONSE.resources.number, WireType.LengthDelimited).fork();
  writer.tag(RESOURCE.name.number, WireType.LengthDelimited).string(name);
  writer.tag(RESOURCE.version.number, WireType.LengthDelimited).string(version);
  writer.tag(RESOURCE.resource.number, WireType.LengthDelimited).bytes(any);
  const envelope = writer.join().finish();
  return { any: envelope.subarray(envelope.length - any.length), envelope };
}
