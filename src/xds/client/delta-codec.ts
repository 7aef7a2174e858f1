// Incremental on the wire, from the client's side: DeltaDiscoveryRequest out, DeltaDiscoveryResponse in.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { DELTA_METHOD_PATH } from '../ads-method.ts';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { SERVICE_NAME_TYPE } from '../resources/service-name.ts';
import type { ClientCodec } from './client-codec.ts';
import type { HeldType } from './held-type.ts';
import { readLeanResponse } from './lean-response.ts';
import { openEnvelope } from './open-envelope.ts';

export const DELTA_CLIENT_CODEC: ClientCodec = {
  variant: 'delta',
  methodPath: DELTA_METHOD_PATH,

  /** No names at first mean everything, which older servers know too; the explicit "*" they do not. */
  begin: (held, node) =>
    write({
      typeUrl: held.type.typeUrl,
      resourceNamesSubscribe: [...(held.names ?? [])],
      initialResourceVersions: heldVersions(held),
      ...(node === null ? {} : { node }),
    }),

  change: (held, added, gone) =>
    write({
      typeUrl: held.type.typeUrl,
      resourceNamesSubscribe: [...added],
      resourceNamesUnsubscribe: [...gone],
    }),

  answer: (held, refusal) =>
    write({
      typeUrl: held.type.typeUrl,
      responseNonce: held.nonce,
      ...(refusal === null ? {} : { errorDetail: refusal }),
    }),

  read(bytes) {
    const names = readLeanResponse(bytes, SERVICE_NAME_TYPE.typeUrl);
    if (names !== null) return names;
    const response = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    return {
      typeUrl: response.typeUrl,
      nonce: response.nonce,
      version: response.systemVersionInfo,
      resources: response.resources.map(openEnvelope),
      removed: response.removedResources,
      complete: false,
    };
  },
};

function heldVersions(held: HeldType): Record<string, string> {
  return Object.fromEntries(Array.from(held.held.values(), ({ name, version }) => [name, version]));
}

function write(request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>): Buffer {
  return Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request)));
}
