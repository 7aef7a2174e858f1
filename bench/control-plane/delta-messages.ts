// The incremental protocol's messages, as far as a subscriber that costs little needs them. Source: proto/envoy/service/discovery/v3.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

const PREFIX = 'type.googleapis.com/';

export const TYPE_URLS = {
  listeners: `${PREFIX}envoy.config.listener.v3.Listener`,
  routes: `${PREFIX}envoy.config.route.v3.RouteConfiguration`,
  clusters: `${PREFIX}envoy.config.cluster.v3.Cluster`,
  endpoints: `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  hints: `${PREFIX}switchboard.discovery.v1.PrefetchHints`,
  names: `${PREFIX}switchboard.discovery.v1.ServiceName`,
} as const;

export const DELTA_PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

export interface DeltaRequest {
  /** Who asks: envoy.config.core.v3.Node, in bytes. Only in the first request of a stream. */
  readonly node?: Uint8Array;
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

export function encodeRequest({ node, typeUrl, subscribe = [], nonce }: DeltaRequest): Buffer {
  const writer = new BinaryWriter();
  if (node !== undefined) writer.tag(1, WireType.LengthDelimited).bytes(node);
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
