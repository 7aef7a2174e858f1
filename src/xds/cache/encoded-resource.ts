// Resources as they go over the wire, made once per content, when somebody is told of it.
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { contentHash } from '../../base/content-hash.ts';
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';

/** Immutable; everybody may keep it, nobody may write to its bytes. All but the name is made when the first of it is read. */
export interface EncodedResource {
  readonly name: string;
  /** It has been read: somebody may have been told of it. */
  readonly isEncoded: boolean;
  /** Hash of the content: the same on every replica and after every restart. */
  readonly version: string;
  /** The bytes of a google.protobuf.Any that holds the resource. */
  readonly any: Uint8Array;
  /** `any` as a field of an incremental response. */
  readonly envelope: Uint8Array;
  /** Names of the resources of `type.refersTo` that it needs. */
  readonly references: readonly string[];
  /** 64 bits that stand for name and version in the version of a set: of several, all in one by exclusive or. */
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
    const fresh = new LazyResource(type, spec);
    this.#encoded.set(spec, fresh);
    return fresh;
  }
}

type Content = Omit<EncodedResource, 'name' | 'isEncoded'>;

interface Source {
  readonly type: EncodableType;
  readonly spec: object;
}

/** A large mesh has tens of thousands of resources, of which a client that holds what it dials asks for a handful. */
class LazyResource implements EncodedResource {
  readonly name: string;
  /** Let go of as soon as it has been encoded: who keeps the resource need not keep the spec. */
  #source: Source | null;
  #content: Content | null = null;

  constructor(type: EncodableType, spec: object) {
    this.name = type.name(spec);
    this.#source = { type, spec };
  }

  get isEncoded(): boolean {
    return this.#content !== null;
  }

  get version(): string {
    return this.#made().version;
  }

  get any(): Uint8Array {
    return this.#made().any;
  }

  get envelope(): Uint8Array {
    return this.#made().envelope;
  }

  get references(): readonly string[] {
    return this.#made().references;
  }

  get digest(): bigint {
    return this.#made().digest;
  }

  #made(): Content {
    if (this.#content !== null) return this.#content;
    const { type, spec } = this.#source as Source;
    const value = type.encode(spec);
    const version = contentHash(value);
    const digest = BigInt(`0x${contentHash(this.name, version)}`);
    const bytes = wrap(this.name, version, toBinary(AnySchema, create(AnySchema, { typeUrl: type.typeUrl, value })));
    this.#content = { version, ...bytes, references: type.references(spec), digest };
    this.#source = null;
    return this.#content;
  }
}

const RESPONSE = DeltaDiscoveryResponseSchema.field;
const RESOURCE = ResourceSchema.field;

/** Puts `any` last into its envelope, so that it is there once for both variants of the protocol. */
function wrap(name: string, version: string, any: Uint8Array): Pick<Content, 'any' | 'envelope'> {
  const writer = new BinaryWriter().tag(RESPONSE.resources.number, WireType.LengthDelimited).fork();
  writer.tag(RESOURCE.name.number, WireType.LengthDelimited).string(name);
  writer.tag(RESOURCE.version.number, WireType.LengthDelimited).string(version);
  writer.tag(RESOURCE.resource.number, WireType.LengthDelimited).bytes(any);
  const envelope = writer.join().finish();
  return { any: envelope.subarray(envelope.length - any.length), envelope };
}
