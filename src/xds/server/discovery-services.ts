// The gRPC methods that resources are served by: aggregated, and one service for each type, each in both variants.
import { fromBinary, type Message, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import type { MethodDefinition } from '@grpc/grpc-js';
import { messageOf } from '../../base/coded-error.ts';
import { errorIssue, fail, ok, type Result } from '../../base/result.ts';
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

/** Bytes that are no request are handed on as what is wrong with them, so that the client can be told and the log can say who it was. */
export type Incoming<Request> = Result<Request>;

export function sotwMethod(row: DiscoveryService): MethodDefinition<Incoming<DiscoveryRequest>, Buffer> {
  return streamed(`/${row.service}/${row.stream}`, DiscoveryRequestSchema);
}

export function deltaMethod(row: DiscoveryService): MethodDefinition<Incoming<DeltaDiscoveryRequest>, Buffer> {
  return streamed(`/${row.service}/${row.delta}`, DeltaDiscoveryRequestSchema);
}

/** Responses are bytes already: they were encoded once, not per client. */
function streamed<Schema extends GenMessage<Message>>(
  path: string,
  schema: Schema,
): MethodDefinition<Incoming<MessageShape<Schema>>, Buffer> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    // Of a server nobody asks for it.
    requestSerialize: (request) => (request.ok ? Buffer.from(toBinary(schema, request.value)) : Buffer.alloc(0)),
    requestDeserialize: (bytes) => read(schema, bytes),
    responseSerialize: (response) => response,
    responseDeserialize: (bytes) => bytes,
  };
}

function read<Schema extends GenMessage<Message>>(schema: Schema, bytes: Buffer): Incoming<MessageShape<Schema>> {
  try {
    return ok(fromBinary(schema, bytes));
  } catch (error) {
    return fail([errorIssue(`the request is no ${schema.typeName}: ${messageOf(error)}`)]);
  }
}
