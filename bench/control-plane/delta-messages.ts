// The incremental protocol's messages, as far as a subscriber that costs little needs them. Source: proto/envoy/service/discovery/v3.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

const TYPE_PREFIX = 'type.googleapis.com/envoy.config.';

export const TYPE_URLS = {
  listeners: `${TYPE_PREFIX}listener.v3.Listener`,
  routes: `${TYPE_PREFIX}route.v3.RouteConfiguration`,
  clusters: `${TYPE_PREFIX}cluster.v3.Cluster`,
  endpoints: `${TYPE_PREFIX}endpoint.v3.ClusterLoadAssignment`,
} as const;

export const DELTA_PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

export interface DeltaRequest {
  /** Only in the first request of a stream. */
  readonly nodeId?: string;
  readonly typeUrl: string;
  readonly subscribe?: readonly string[];
  /** Of the response that this acknowledges. */
  readonly nonce?: string;
}

export interface DeltaResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Names of the resources that it brings. */
  readonly names: readonly string[];
}

export function encodeRequest({ nodeId, typeUrl, subscribe = [], nonce }: DeltaRequest): Buffer {
  const writer = new BinaryWriter();
  if (nodeId !== undefined) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(nodeId).join();
  }
  writer.tag(2, WireType.LengthDelimited).string(typeUrl);
  for (const name of subscribe) writer.tag(3, WireType.LengthDelimited).string(name);
  if (nonce !== undefined) writer.tag(6, WireType.LengthDelimited).string(nonce);
  return Buffer.from(writer.finish());
}

/** Looks into no resource. */
export function decodeResponse(bytes: Uint8Array): DeltaResponse {
  const reader = new BinaryReader(bytes);
  const names: string[] = [];
  let typeUrl = '';
  let nonce = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) names.push(readName(reader));
    else if (field === 4) typeUrl = reader.string();
    else if (field === 5) nonce = reader.string();
    else reader.skip(wireType);
  }
  return { typeUrl, nonce, names };
}

function readName(reader: BinaryReader): string {
  const length = reader.uint32();
  const end = reader.pos + length;
  let name = '';
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (field === 3) name = reader.string();
    else reader.skip(wireType);
  }
  return name;
}
