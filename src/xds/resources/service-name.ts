// NDS: ServiceNameSpec ↔ switchboard.discovery.v1.ServiceName, a type of our own for our own sidecars.
import { isIP } from 'node:net';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ServiceNamePort, ServiceNameSpec } from '../../model/service-name-spec.ts';
import {
  type ServiceName,
  type ServiceName_Port,
  ServiceNameSchema,
} from '../gen/switchboard/discovery/v1/service_name_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';

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
  decode: (bytes) =>
    decodeResource(
      { schema: ServiceNameSchema, noun: 'name', nameOf: (message) => message.host, build: decodeName },
      bytes,
    ),
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

function decodeName(message: ServiceName, context: DecodeContext): ServiceNameSpec {
  if (message.host !== message.host.toLowerCase()) context.refuse('host', 'has capitals', 'write it in lower case');
  checkAddresses(message.addresses, context, 'addresses');
  return {
    name: message.host,
    addresses: message.addresses,
    ports: message.ports.map((port, i) => decodePort(port, context, `ports[${i}]`)),
  };
}

function decodePort({ number, servicePort, addresses }: ServiceName_Port, context: DecodeContext, path: string) {
  if (number < 1 || number > 65_535) context.refuse(`${path}.number`, `is ${number}`, 'give 1 to 65535');
  if (servicePort > 65_535) context.refuse(`${path}.service_port`, `is ${servicePort}`, 'give at most 65535');
  checkAddresses(addresses, context, `${path}.addresses`);
  const port: ServiceNamePort = { number, servicePort: servicePort || number };
  return addresses.length === 0 ? port : { ...port, addresses };
}

function checkAddresses(addresses: readonly string[], context: DecodeContext, path: string): void {
  for (const [i, address] of addresses.entries()) {
    const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
    if (isIP(bare) === (bare === address ? 4 : 6)) continue;
    context.refuse(`${path}[${i}]`, `"${address.slice(0, 100)}" is no address`, 'write 10.0.0.1 or [fd00::1]');
  }
}
