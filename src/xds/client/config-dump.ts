// The client's part of /config_dump, in the messages of Envoy's admin API.
import { create, type JsonValue, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../base/result.ts';
import { ConfigDumpSchema } from '../gen/envoy/admin/v3/config_dump_pb.ts';
import {
  ClientResourceStatus,
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
import type { HeldResource, HeldType, RefusedResource } from './held-type.ts';

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
  const dynamicActiveClusters = entries(held).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { cluster: resource }) };
  });
  const versionInfo = held.acceptedVersion;
  return anyPack(ClustersConfigDumpSchema, create(ClustersConfigDumpSchema, { versionInfo, dynamicActiveClusters }));
}

function endpointSection(held: HeldType): Any {
  const dynamicEndpointConfigs = entries(held).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { endpointConfig: resource }) };
  });
  return anyPack(EndpointsConfigDumpSchema, create(EndpointsConfigDumpSchema, { dynamicEndpointConfigs }));
}

function routeSection(held: HeldType): Any {
  const dynamicRouteConfigs = entries(held).map(({ active, rest }) => {
    const { resource, ...state } = active;
    return { ...state, ...rest, ...(resource === undefined ? {} : { routeConfig: resource }) };
  });
  return anyPack(RoutesConfigDumpSchema, create(RoutesConfigDumpSchema, { dynamicRouteConfigs }));
}

function listenerSection(held: HeldType): Any {
  const dynamicListeners = entries(held).map(({ name, active, rest }) => {
    const { resource, ...state } = active;
    return { name, ...rest, ...(resource === undefined ? {} : { activeState: { ...state, listener: resource } }) };
  });
  const versionInfo = held.acceptedVersion;
  return anyPack(ListenersConfigDumpSchema, create(ListenersConfigDumpSchema, { versionInfo, dynamicListeners }));
}

interface Entry {
  readonly name: string;
  /** The version in use; empty when the resource has only ever been refused. */
  readonly active: { versionInfo?: string; lastUpdated?: ReturnType<typeof timestampFromMs>; resource?: Any };
  readonly rest: { readonly clientStatus: ClientResourceStatus; readonly errorState?: FailureInit };
}

type FailureInit = NonNullable<
  NonNullable<MessageInitShape<typeof EndpointsConfigDumpSchema>['dynamicEndpointConfigs']>[number]['errorState']
>;

/** What is held and what is refused, joined by name and sorted. */
function entries(held: HeldType): Entry[] {
  const names = new Set([...held.held.keys(), ...held.refused.keys()]);
  return [...names].sort().map((name) => {
    const refused = held.refused.get(name);
    const clientStatus = refused === undefined ? ClientResourceStatus.ACKED : ClientResourceStatus.NACKED;
    const errorState = refused === undefined ? {} : { errorState: describeFailure(held, refused) };
    return { name, active: describeActive(held, held.held.get(name)), rest: { clientStatus, ...errorState } };
  });
}

function describeActive(held: HeldType, resource: HeldResource | undefined): Entry['active'] {
  if (resource === undefined) return {};
  const { version, updatedAt, bytes } = resource;
  return { versionInfo: version, lastUpdated: timestampFromMs(updatedAt), resource: wrap(held, bytes) };
}

function describeFailure(held: HeldType, refused: RefusedResource): FailureInit {
  return {
    failedConfiguration: wrap(held, refused.bytes),
    lastUpdateAttempt: timestampFromMs(refused.refusedAt),
    details: refused.issues.map(renderIssue).join('\n'),
    versionInfo: refused.version,
  };
}

function wrap(held: HeldType, bytes: Uint8Array): Any {
  return dumpableAny(create(AnySchema, { typeUrl: held.type.typeUrl, value: bytes }));
}
