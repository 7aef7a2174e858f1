// LDS: ListenerSpec ↔ envoy.config.listener.v3.Listener.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { httpManagersOf, type ListenerSpec } from '../../model/listener-spec.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { decodeFilterChains, encodeFilterChain } from './filter-chain.ts';
import { decodeListenerFilters, encodeListenerFilters } from './listener-filters.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';
import { ROUTE_TYPE } from './route.ts';

export const LISTENER_TYPE: ResourceType<ListenerSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${ListenerSchema.typeName}`,
  shortName: 'LDS',
  noun: 'listener',
  wildcard: true,
  refersTo: ROUTE_TYPE.typeUrl,
  warms: false,
  specs: (snapshot) => snapshot.listeners,
  toChanges: (changes) => ({ listeners: changes }),
  name: (spec) => spec.name,
  references: (spec) => httpManagersOf(spec).flatMap(({ routes }) => (routes.kind === 'rds' ? [routes.name] : [])),
  encode: (spec) => toBinary(ListenerSchema, create(ListenerSchema, encodeListener(spec))),
  decode: (bytes) =>
    decodeResource(
      { schema: ListenerSchema, noun: 'listener', nameOf: (message) => message.name, build: decodeListener },
      bytes,
    ),
};

function encodeListener(spec: ListenerSpec): MessageInitShape<typeof ListenerSchema> {
  return {
    name: spec.name,
    address: encodeAddress(spec.address),
    additionalAddresses: spec.additionalAddresses.map((address) => ({ address: encodeAddress(address) })),
    filterChains: spec.filterChains.map(encodeFilterChain),
    ...(spec.defaultFilterChain === undefined
      ? {}
      : { defaultFilterChain: encodeFilterChain(spec.defaultFilterChain) }),
    ...encodeListenerFilters(spec),
    ...(spec.originalDestination === 'hand-over' ? { useOriginalDst: true } : {}),
    ...(spec.bindToPort === false ? { bindToPort: false } : {}),
  };
}

function decodeListener(message: Listener, context: DecodeContext): ListenerSpec {
  const spec = {
    name: message.name,
    address: decodeAddress(message.address, 0, context, 'address'),
    additionalAddresses: message.additionalAddresses.map((additional, i) =>
      decodeAddress(additional.address, 0, context, `additional_addresses[${i}].address`),
    ),
    ...decodeFilterChains(message, context),
    ...decodeListenerFilters(message, context),
    ...(message.useOriginalDst === true ? { originalDestination: 'hand-over' as const } : {}),
    ...(message.bindToPort === false ? { bindToPort: false as const } : {}),
  };
  checkInspection(spec, context);
  return spec;
}

/** A chain that asks for what nobody looks for would never be taken. */
function checkInspection({ filterChains, inspection }: ListenerSpec, context: DecodeContext): void {
  for (const [i, { match }] of filterChains.entries()) {
    const path = `filter_chains[${i}].filter_chain_match`;
    if ((match.serverNames !== undefined || match.transportProtocol === 'tls') && inspection?.tls !== true) {
      context.refuse(path, 'asks for TLS, and nothing looks for it', 'add the tls_inspector to listener_filters');
    } else if (match.applicationProtocols !== undefined && inspection === undefined) {
      context.refuse(
        path,
        'asks for a protocol, and nothing looks for it',
        'add the http_inspector or the tls_inspector to listener_filters',
      );
    }
  }
}
