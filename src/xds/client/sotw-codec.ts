// State of the world on the wire, from the client's side: DiscoveryRequest out, DiscoveryResponse in.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { SOTW_METHOD_PATH } from '../ads-method.ts';
import {
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
  ResourceSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { TYPE_URL_PREFIX } from '../resources/resource-type.ts';
import type { ClientCodec, DeliveredResource } from './client-codec.ts';
import type { HeldType } from './held-type.ts';
import { openEnvelope } from './open-envelope.ts';

const ENVELOPE_TYPE_URL = `${TYPE_URL_PREFIX}${ResourceSchema.typeName}`;

export const SOTW_CLIENT_CODEC: ClientCodec = {
  variant: 'sotw',
  methodPath: SOTW_METHOD_PATH,
  begin: (held, node) => write({ ...request(held), ...(node === null ? {} : { node }) }),
  change: (held) => write(request(held)),
  answer: (held, refusal) => write({ ...request(held), ...(refusal === null ? {} : { errorDetail: refusal }) }),

  read(bytes) {
    const { typeUrl, nonce, versionInfo, resources } = fromBinary(DiscoveryResponseSchema, bytes);
    const delivered = resources.map((any) => open(any, versionInfo));
    // Heartbeats come alone: a response of nothing else says nothing of what it leaves out.
    const says = resources.length === 0 || delivered.some(({ any }) => any !== null);
    const wildcard = RESOURCE_TYPES.some((type) => type.typeUrl === typeUrl && type.wildcard);
    return { typeUrl, nonce, version: versionInfo, resources: delivered, removed: [], complete: wildcard && says };
  },
};

/** Every request says all: the version that is in use, what it answers, and the names that are wanted. */
function request(held: HeldType) {
  return {
    typeUrl: held.type.typeUrl,
    versionInfo: held.acceptedVersion,
    responseNonce: held.nonce,
    resourceNames: [...(held.names ?? [])],
  };
}

/** Resources with a time to live come in an envelope, the others bare. */
function open(any: Any, version: string): DeliveredResource {
  const bare = { name: null, version, any, ttlMs: null };
  if (any.typeUrl !== ENVELOPE_TYPE_URL) return bare;
  try {
    return openEnvelope(fromBinary(ResourceSchema, any.value));
  } catch {
    return bare;
  }
}

function write(message: MessageInitShape<typeof DiscoveryRequestSchema>): Buffer {
  return Buffer.from(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, message)));
}
