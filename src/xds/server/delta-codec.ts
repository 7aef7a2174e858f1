// Incremental on the wire: DeltaDiscoveryRequest in, DeltaDiscoveryResponse out.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CONTROL_PLANE, type StreamCodec } from './stream-codec.ts';

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
    // Fields of a message may stand in any order, so the resources, wrapped once for all clients, follow as they are.
    const bytes = [toBinary(DeltaDiscoveryResponseSchema, head), ...batch.changed.map(({ envelope }) => envelope)];
    return Buffer.concat(bytes);
  },
};
