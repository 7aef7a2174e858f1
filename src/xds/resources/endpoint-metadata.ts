// What is said of an endpoint beside its address: EndpointSpec ↔ LbEndpoint.metadata.filter_metadata.
import type { JsonObject } from '@bufbuild/protobuf';
import type { EndpointSpec, PodIdentity } from '../../model/endpoint-spec.ts';
import { METADATA_KEY } from './metadata-key.ts';

/** Where Envoy's load balancers look. */
const BALANCING_KEY = 'envoy.lb';
const HASH_KEY = 'hash_key';

type Described = Pick<EndpointSpec, 'pod' | 'hashKey'>;

/** Null = there is nothing to say. */
export function encodeEndpointMetadata({ pod, hashKey }: Described): Record<string, JsonObject> | null {
  if (pod === undefined && hashKey === undefined) return null;
  return {
    ...(pod === undefined ? {} : { [METADATA_KEY]: { ...pod } }),
    ...(hashKey === undefined ? {} : { [BALANCING_KEY]: { [HASH_KEY]: hashKey } }),
  };
}

export function decodeEndpointMetadata(metadata: Readonly<Record<string, JsonObject>>): Described {
  const pod = decodePod(metadata[METADATA_KEY]);
  const hashKey = metadata[BALANCING_KEY]?.[HASH_KEY];
  return {
    ...(pod === null ? {} : { pod }),
    ...(typeof hashKey !== 'string' || hashKey === '' ? {} : { hashKey }),
  };
}

/** Null where a foreign control plane put something else under our key. */
function decodePod(metadata: JsonObject | undefined): PodIdentity | null {
  const { namespace, name, uid } = metadata ?? {};
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') return null;
  return { namespace, name, uid };
}
