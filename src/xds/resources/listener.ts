// LDS: ListenerSpec ↔ envoy.config.listener.v3.Listener.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { HttpConnectionManagerSpec, ListenerSpec } from '../../model/listener-spec.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { extensionType } from './extension.ts';
import { decodeHttpConnectionManager, encodeHttpConnectionManager } from './http-connection-manager.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';
import { ROUTE_TYPE } from './route.ts';
import { checkTransportSocket } from './transport-socket.ts';

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
  references: (spec) => (spec.http.routes.kind === 'rds' ? [spec.http.routes.name] : []),
  encode: (spec) => toBinary(ListenerSchema, create(ListenerSchema, encodeListener(spec))),
  decode: (bytes) =>
    decodeResource(
      { schema: ListenerSchema, noun: 'listener', nameOf: (message) => message.name, build: decodeListener },
      bytes,
    ),
};

function encodeListener(spec: ListenerSpec): MessageInitShape<typeof ListenerSchema> {
  const typedConfig = encodeHttpConnectionManager(spec.http);
  return {
    name: spec.name,
    address: encodeAddress(spec.address),
    additionalAddresses: spec.additionalAddresses.map((address) => ({ address: encodeAddress(address) })),
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            configType: { case: 'typedConfig', value: typedConfig },
          },
        ],
      },
    ],
  };
}

function decodeListener(message: Listener, context: DecodeContext): ListenerSpec {
  if (message.bindToPort === false) context.refuse('bind_to_port', 'false is not supported', 'leave it out');
  return {
    name: message.name,
    address: decodeAddress(message.address, 0, context, 'address'),
    additionalAddresses: message.additionalAddresses.map((additional, i) =>
      decodeAddress(additional.address, 0, context, `additional_addresses[${i}].address`),
    ),
    http: decodeFilterChains(message, context),
  };
}

/** One chain with one network filter, the HttpConnectionManager: all that a sidecar of this build can be. */
function decodeFilterChains(message: Listener, context: DecodeContext): HttpConnectionManagerSpec {
  const [chain, ...otherChains] = message.filterChains;
  const [filter, ...otherFilters] = chain?.filters ?? [];
  if (otherChains.length > 0) context.refuse('filter_chains', 'has more than one chain', 'keep one');
  if (otherFilters.length > 0) context.refuse('filter_chains[0].filters', 'has more than one filter', 'keep one');
  checkTransportSocket(chain?.transportSocket, context, 'filter_chains[0].transport_socket');
  const any = filter?.configType.value;
  const path = 'filter_chains[0].filters[0].typed_config';
  if (any !== undefined && extensionType(any) === HttpConnectionManagerSchema.typeName) {
    return decodeHttpConnectionManager(any, context, path);
  }
  refuseNetworkFilter(filter?.name, any, context, path);
  return { statPrefix: '', routes: { kind: 'rds', name: '' }, idleTimeoutMs: 0, requestHeadersTimeoutMs: 0 };
}

function refuseNetworkFilter(
  name: string | undefined,
  any: Any | undefined,
  context: DecodeContext,
  path: string,
): void {
  const what = name === undefined ? 'there is none' : `"${name}" (${extensionType(any) || 'no type'}) is not supported`;
  context.refuse(path, what, 'use the HttpConnectionManager');
}
