// The RPC that carries all resource types: its path and its codecs, shared by client and server.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AggregatedDiscoveryService } from './gen/envoy/service/discovery/v3/ads_pb.ts';
import {
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from './gen/envoy/service/discovery/v3/discovery_pb.ts';

export type DiscoveryRequestInit = MessageInitShape<typeof DiscoveryRequestSchema>;

const { typeName, method } = AggregatedDiscoveryService;
/** State of the world. */
export const SOTW_METHOD_PATH = `/${typeName}/${method.streamAggregatedResources.name}`;
/** Incremental. */
export const DELTA_METHOD_PATH = `/${typeName}/${method.deltaAggregatedResources.name}`;

export function serializeRequest(request: DiscoveryRequestInit): Buffer {
  return Buffer.from(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request)));
}

export function deserializeRequest(bytes: Buffer): DiscoveryRequest {
  return fromBinary(DiscoveryRequestSchema, bytes);
}

export function deserializeResponse(bytes: Buffer): DiscoveryResponse {
  return fromBinary(DiscoveryResponseSchema, bytes);
}
