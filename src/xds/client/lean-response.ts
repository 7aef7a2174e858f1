// Reads an incremental response of a numerous type: without a Protobuf message for each resource, which would be most of what the client uses.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { DeliveredResource, Delivery } from './client-codec.ts';

/** Field numbers. Source: envoy.service.discovery.v3.DeltaDiscoveryResponse, Resource; google.protobuf.Any. */
const RESPONSE = { version: 1, resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;
const RESOURCE = { version: 1, resource: 2, name: 3 } as const;
const ANY = { typeUrl: 1, value: 2 } as const;

/** Null where it is a response of another type. Throws on bytes that are no response. */
export function readLeanResponse(bytes: Uint8Array, typeUrl: string): Delivery | null {
  if (typeUrlOf(bytes) !== typeUrl) return null;
  const resources: DeliveredResource[] = [];
  const removed: string[] = [];
  let [version, nonce] = ['', ''];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, field);
    else if (field === RESPONSE.resources) resources.push(readResource(reader));
    else if (field === RESPONSE.removed) removed.push(reader.string());
    else if (field === RESPONSE.version) version = reader.string();
    else if (field === RESPONSE.nonce) nonce = reader.string();
    else reader.skip(wireType, field);
  }
  return { typeUrl, nonce, version, resources, removed, complete: false };
}

function typeUrlOf(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  let typeUrl = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, field);
    else if (field === RESPONSE.typeUrl) typeUrl = reader.string();
    else reader.pos = endOf(reader);
  }
  return typeUrl;
}

/** Names do not have a time to live. */
function readResource(reader: BinaryReader): DeliveredResource {
  const end = endOf(reader);
  let [name, version] = ['', ''];
  let any: DeliveredResource['any'] = null;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, field);
    else if (field === RESOURCE.name) name = reader.string();
    else if (field === RESOURCE.version) version = reader.string();
    else if (field === RESOURCE.resource) any = readAny(reader);
    else reader.skip(wireType, field);
  }
  return { name: name === '' ? null : name, version, any, ttlMs: null };
}

function readAny(reader: BinaryReader): NonNullable<DeliveredResource['any']> {
  const end = endOf(reader);
  let typeUrl = '';
  let value: Uint8Array = new Uint8Array(0);
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, field);
    else if (field === ANY.typeUrl) typeUrl = reader.string();
    else if (field === ANY.value) value = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { typeUrl, value };
}

/** Of the message that begins here. */
function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('premature EOF');
  return end;
}
