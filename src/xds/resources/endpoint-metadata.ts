// What is said of an endpoint beside its address: EndpointSpec ↔ LbEndpoint.metadata.filter_metadata.
import type { JsonObject } from '@bufbuild/protobuf';
import type { EndpointSpec, PodIdentity } from '../../model/endpoint-spec.ts';
import { METADATA_KEY } from './metadata-key.ts';
import { BALANCING_KEY, decodeLabels, encodeLabels } from './subset.ts';

const HASH_KEY = 'hash_key';

/** Beside those of the pod: the node that it is on, and the zones whose callers it is meant for. */
const NODE = 'node';
const FOR_ZONES = 'for_zones';
/** Its pod is about to be replaced. */
const LEAVING = 'leaving';

type Described = Pick<EndpointSpec, 'pod' | 'node' | 'forZones' | 'leaving' | 'hashKey' | 'labels'>;

/** Null = there is nothing to say. */
export function encodeEndpointMetadata(spec: Described): Record<string, JsonObject> | null {
  const { pod, node, forZones, leaving, hashKey, labels = {} } = spec;
  const balancing = { ...encodeLabels(labels), ...(hashKey === undefined ? {} : { [HASH_KEY]: hashKey }) };
  const own: JsonObject = {
    ...pod,
    ...(node === undefined ? {} : { [NODE]: node }),
    ...(forZones === undefined ? {} : { [FOR_ZONES]: [...forZones] }),
    ...(leaving === undefined ? {} : { [LEAVING]: leaving }),
  };
  const all: Record<string, JsonObject> = {
    ...(Object.keys(own).length === 0 ? {} : { [METADATA_KEY]: own }),
    ...(Object.keys(balancing).length === 0 ? {} : { [BALANCING_KEY]: balancing }),
  };
  return Object.keys(all).length === 0 ? null : all;
}

export function decodeEndpointMetadata(metadata: Readonly<Record<string, JsonObject>>): Described {
  const own = metadata[METADATA_KEY] ?? {};
  const pod = decodePod(own);
  const { [NODE]: node, [FOR_ZONES]: zones, [LEAVING]: leaving } = own;
  const { [HASH_KEY]: hashKey, ...others } = metadata[BALANCING_KEY] ?? {};
  const labels = decodeLabels(others);
  return {
    ...(pod === null ? {} : { pod }),
    ...(typeof node !== 'string' || node === '' ? {} : { node }),
    ...(Array.isArray(zones) ? { forZones: zones.filter((zone) => typeof zone === 'string') } : {}),
    ...(leaving === true ? { leaving } : {}),
    ...(typeof hashKey !== 'string' || hashKey === '' ? {} : { hashKey }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

/** Null where a foreign control plane put something else under our key. */
function decodePod({ namespace, name, uid }: JsonObject): PodIdentity | null {
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') return null;
  return { namespace, name, uid };
}
