// NDS: ServiceNameSpec ↔ switchboard.discovery.v1.ServiceName, a type of our own for our own sidecars.
import { isIP } from 'node:net';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { messageOf } from '../../base/coded-error.ts';
import { fail, ok } from '../../base/result.ts';
import type { ServiceNamePort, ServiceNameSpec } from '../../model/service-name-spec.ts';
import { ServiceNameSchema } from '../gen/switchboard/discovery/v1/service_name_pb.ts';
import { DecodeContext } from './decode-context.ts';
import { unreadable } from './decode-resource.ts';
import { type DecodedResource, type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';

export const SERVICE_NAME_TYPE: ResourceType<ServiceNameSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${ServiceNameSchema.typeName}`,
  shortName: 'NDS',
  noun: 'name',
  wildcard: true,
  refersTo: null,
  warms: false,
  numerous: true,
  specs: (snapshot) => snapshot.names,
  toChanges: (changes) => ({ names: changes }),
  name: (spec) => spec.name,
  // What a name leads to is asked for when it is dialled.
  references: () => [],
  encode: (spec) => toBinary(ServiceNameSchema, create(ServiceNameSchema, encodeName(spec))),
  decode: decodeName,
};

function encodeName({ name, addresses, ports }: ServiceNameSpec): MessageInitShape<typeof ServiceNameSchema> {
  return {
    host: name,
    addresses: [...addresses],
    ports: ports.map((port) => ({
      number: port.number,
      servicePort: port.servicePort === port.number ? 0 : port.servicePort,
      addresses: [...(port.addresses ?? [])],
    })),
  };
}

/** Field by field: Protobuf messages of ten thousand names would be most of what a sidecar uses at its start. Unknown fields are passed over. */
function decodeName(bytes: Uint8Array): DecodedResource<ServiceNameSpec> {
  let spec: ServiceNameSpec;
  try {
    spec = readName(new BinaryReader(bytes));
  } catch (error) {
    return unreadable('name', messageOf(error));
  }
  const context = new DecodeContext(`name "${spec.name}"`);
  checkName(spec, context);
  return { name: spec.name, result: context.issues.length === 0 ? ok(spec) : fail(context.issues), ignored: [] };
}

function readName(reader: BinaryReader): ServiceNameSpec {
  let name = '';
  const addresses: string[] = [];
  const ports: ServiceNamePort[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) reader.skip(wireType, field);
    else if (field === 1) name = reader.string();
    else if (field === 2) addresses.push(reader.string());
    else if (field === 3) ports.push(readPort(reader, reader.uint32()));
    else reader.skip(wireType, field);
  }
  return { name, addresses, ports };
}

function readPort(reader: BinaryReader, length: number): ServiceNamePort {
  const end = reader.pos + length;
  let [number, servicePort] = [0, 0];
  const addresses: string[] = [];
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.Varint) number = reader.uint32();
    else if (field === 2 && wireType === WireType.Varint) servicePort = reader.uint32();
    else if (field === 3 && wireType === WireType.LengthDelimited) addresses.push(reader.string());
    else reader.skip(wireType, field);
  }
  const port = { number, servicePort: servicePort || number };
  return addresses.length === 0 ? port : { ...port, addresses };
}

function checkName({ name, addresses, ports }: ServiceNameSpec, context: DecodeContext): void {
  if (name === '') context.refuse('', 'has no name', 'give it one');
  if (name !== name.toLowerCase()) context.refuse('host', 'has capitals', 'write it in lower case');
  checkAddresses(addresses, context, 'addresses');
  for (const [i, port] of ports.entries()) {
    const path = `ports[${i}]`;
    if (port.number < 1 || port.number > 65_535) {
      context.refuse(`${path}.number`, `is ${port.number}`, 'give 1 to 65535');
    } else if (port.servicePort > 65_535) {
      context.refuse(`${path}.service_port`, `is ${port.servicePort}`, 'give at most 65535');
    }
    checkAddresses(port.addresses ?? [], context, `${path}.addresses`);
  }
}

function checkAddresses(addresses: readonly string[], context: DecodeContext, path: string): void {
  for (const [i, address] of addresses.entries()) {
    const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
    if (isIP(bare) === (bare === address ? 4 : 6)) continue;
    context.refuse(`${path}[${i}]`, `"${address.slice(0, 100)}" is no address`, 'write 10.0.0.1 or [fd00::1]');
  }
}
