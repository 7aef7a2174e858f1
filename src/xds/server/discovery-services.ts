// The gRPC methods that resources are served by: aggregated, and one service for each type, each in both variants.
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { ENDPOINT_TYPE } from '../resources/endpoint.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import type { AnyResourceType } from '../resources/resource-type.ts';
import { ROUTE_TYPE } from '../resources/route.ts';

export interface DiscoveryService {
  /** Full name. Source: envoy.service.*.v3. */
  readonly service: string;
  /** State of the world, both directions streamed. */
  readonly stream: string;
  /** Incremental. */
  readonly delta: string;
  /** The one type that it serves; null: all on one stream, in order. */
  readonly only: AnyResourceType | null;
}

export const DISCOVERY_SERVICES: readonly DiscoveryService[] = [
  {
    service: 'envoy.service.discovery.v3.AggregatedDiscoveryService',
    stream: 'StreamAggregatedResources',
    delta: 'DeltaAggregatedResources',
    only: null,
  },
  {
    service: 'envoy.service.cluster.v3.ClusterDiscoveryService',
    stream: 'StreamClusters',
    delta: 'DeltaClusters',
    only: CLUSTER_TYPE,
  },
  {
    service: 'envoy.service.endpoint.v3.EndpointDiscoveryService',
    stream: 'StreamEndpoints',
    delta: 'DeltaEndpoints',
    only: ENDPOINT_TYPE,
  },
  {
    service: 'envoy.service.listener.v3.ListenerDiscoveryService',
    stream: 'StreamListeners',
    delta: 'DeltaListeners',
    only: LISTENER_TYPE,
  },
  {
    service: 'envoy.service.route.v3.RouteDiscoveryService',
    stream: 'StreamRoutes',
    delta: 'DeltaRoutes',
    only: ROUTE_TYPE,
  },
];

export function sotwMethod({ service, stream }: DiscoveryService): MethodDefinition<DiscoveryRequest, Buffer> {
  return {
    ...streamed(`/${service}/${stream}`),
    requestSerialize: (request) => Buffer.from(toBinary(DiscoveryRequestSchema, request)),
    requestDeserialize: (bytes) => fromBinary(DiscoveryRequestSchema, bytes),
  };
}

export function deltaMethod({ service, delta }: DiscoveryService): MethodDefinition<DeltaDiscoveryRequest, Buffer> {
  return {
    ...streamed(`/${service}/${delta}`),
    requestSerialize: (request) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
    requestDeserialize: (bytes) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
  };
}

/** Responses are bytes already: they were encoded once, not per client. */
function streamed(path: string) {
  return {
    path,
    requestStream: true,
    responseStream: true,
    responseSerialize: (response: Buffer) => response,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
}
