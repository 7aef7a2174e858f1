// Incremental on the wire: DeltaDiscoveryRequest in, DeltaDiscoveryResponse out.
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { EncodedResource } from '../cache/encoded-resource.ts';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryResponseSchema,
  ResourceSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CONTROL_PLANE, type StreamCodec } from './stream-codec.ts';

const RESOURCES_FIELD = DeltaDiscoveryResponseSchema.field.resources.number;
const { name: NAME, version: VERSION, resource: RESOURCE } = ResourceSchema.field;

export const DELTA_CODEC: StreamCodec<DeltaDiscoveryRequest> = {
  variant: 'delta',

  read: (request) => ({
    typeUrl: request.typeUrl,
    node: request.node,
    nonce: request.responseNonce,
    refusal: request.errorDetail?.message,
    names: {
      kind: 'change',
      subscribe: request.resourceNamesSubscribe,
      unsubscribe: request.resourceNamesUnsubscribe,
      held: new Map(Object.entries(request.initialResourceVersions)),
    },
  }),

  isComplete: () => false,
  tellsRemovals: () => true,

  write(batch, nonce) {
    const { type, version, removed } = batch;
    const head = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: version,
      typeUrl: type.typeUrl,
      nonce,
      removedResources: [...removed],
      controlPlane: CONTROL_PLANE,
    });
    const writer = new BinaryWriter();
    writer.raw(toBinary(DeltaDiscoveryResponseSchema, head));
    for (const resource of batch.changed) writeResource(writer, resource);
    return Buffer.from(writer.finish());
  },
};

/** envoy.service.discovery.v3.Resource round bytes that were encoded once for all clients. */
function writeResource(writer: BinaryWriter, { name, version, any }: EncodedResource): void {
  writer.tag(RESOURCES_FIELD, WireType.LengthDelimited).fork();
  writer.tag(VERSION.number, WireType.LengthDelimited).string(version);
  writer.tag(RESOURCE.number, WireType.LengthDelimited).bytes(any);
  writer.tag(NAME.number, WireType.LengthDelimited).string(name);
  writer.join();
}
