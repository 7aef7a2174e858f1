// State of the world on the wire: DiscoveryRequest in, DiscoveryResponse out.
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type DiscoveryRequest, DiscoveryResponseSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CONTROL_PLANE, type StreamCodec } from './stream-codec.ts';

const RESOURCES_FIELD = DiscoveryResponseSchema.field.resources.number;

export const SOTW_CODEC: StreamCodec<DiscoveryRequest> = {
  variant: 'sotw',

  read: (request) => ({
    typeUrl: request.typeUrl,
    node: request.node,
    nonce: request.responseNonce,
    refusal: request.errorDetail?.message,
    names: { kind: 'replace', names: request.resourceNames },
  }),

  isComplete: (type) => type.wildcard,

  /** What a complete set leaves out is gone; in the other types absence says nothing. */
  tellsRemovals: (type) => type.wildcard,

  write(batch, nonce) {
    const { type, version } = batch;
    const head = create(DiscoveryResponseSchema, {
      versionInfo: version,
      typeUrl: type.typeUrl,
      nonce,
      controlPlane: CONTROL_PLANE,
    });
    const writer = new BinaryWriter();
    // Fields of a message may stand in any order, so the resources, encoded once for all clients, follow as they are.
    writer.raw(toBinary(DiscoveryResponseSchema, head));
    for (const resource of type.wildcard ? batch.complete() : batch.changed) {
      writer.tag(RESOURCES_FIELD, WireType.LengthDelimited).bytes(resource.any);
    }
    return Buffer.from(writer.finish());
  },
};
