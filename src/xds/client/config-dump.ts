// The client's part of /config_dump, in the messages of Envoy's admin API.
import { create, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { ConfigDumpSchema } from '../gen/envoy/admin/v3/config_dump_pb.ts';
import {
  ClustersConfigDumpSchema,
  EndpointsConfigDumpSchema,
  ListenersConfigDumpSchema,
  RoutesConfigDumpSchema,
} from '../gen/envoy/admin/v3/config_dump_shared_pb.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { ENDPOINT_TYPE } from '../resources/endpoint.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import { ROUTE_TYPE } from '../resources/route.ts';
import { DUMP_REGISTRY, dumpableAny } from './dumpable-any.ts';
import { heldEntries } from './held-entries.ts';
import type { HeldType } from './held-type.ts';

/** One section for each type, by its type URL. */
const SECTIONS: ReadonlyMap<string, (held: HeldType) => Any> = new Map([
  [CLUSTER_TYPE.typeUrl, clusterSection],
  [ENDPOINT_TYPE.typeUrl, endpointSection],
  [LISTENER_TYPE.typeUrl, listenerSection],
  [ROUTE_TYPE.typeUrl, routeSection],
]);

export function dumpConfig(types: readonly HeldType[]): JsonValue {
  const configs: Any[] = [];
  for (const held of types) {
    const section = SECTIONS.get(held.type.typeUrl);
    if (section !== undefined) configs.push(section(held));
  }
  return toJson(ConfigDumpSchema, create(ConfigDumpSchema, { configs }), {
    registry: DUMP_REGISTRY,
    useProtoFieldName: true,
  });
}

function clusterSection(held: HeldType): Any {
  const dynamicActiveClusters = heldEntries(held, wrap).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { cluster: resource }) };
  });
  const versionInfo = held.acceptedVersion;
  return anyPack(ClustersConfigDumpSchema, create(ClustersConfigDumpSchema, { versionInfo, dynamicActiveClusters }));
}

function endpointSection(held: HeldType): Any {
  const dynamicEndpointConfigs = heldEntries(held, wrap).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { endpointConfig: resource }) };
  });
  return anyPack(EndpointsConfigDumpSchema, create(EndpointsConfigDumpSchema, { dynamicEndpointConfigs }));
}

function routeSection(held: HeldType): Any {
  const dynamicRouteConfigs = heldEntries(held, wrap).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { routeConfig: resource }) };
  });
  return anyPack(RoutesConfigDumpSchema, create(RoutesConfigDumpSchema, { dynamicRouteConfigs }));
}

function listenerSection(held: HeldType): Any {
  const dynamicListeners = heldEntries(held, wrap).map(({ name, active, rest }) => {
    const { resource, ...state } = active;
    return { name, ...rest, ...(resource === undefined ? {} : { activeState: { ...state, listener: resource } }) };
  });
  const versionInfo = held.acceptedVersion;
  return anyPack(ListenersConfigDumpSchema, create(ListenersConfigDumpSchema, { versionInfo, dynamicListeners }));
}

function wrap(held: HeldType, bytes: Uint8Array): Any {
  return dumpableAny(create(AnySchema, { typeUrl: held.type.typeUrl, value: bytes }));
}
