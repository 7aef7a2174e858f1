// What our own sidecars are told of a cluster beyond the public API: ClusterSpec ↔ Cluster.metadata. Others pass it over.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { NEAR_TIERS, type NearestSpec } from '../../model/balancing-spec.ts';
import { APP_PROTOCOLS, type ClusterSpec } from '../../model/cluster-spec.ts';
import type { Cluster } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { METADATA_KEY } from './metadata-key.ts';
import { encodeOutlierExtras } from './outlier-extras.ts';

/** What callers speak: their listeners' business elsewhere. */
const APP_PROTOCOL = 'app_protocol';
/** Tiers of nearness, the nearest first; a client whose place is known by nobody balances over all. */
const PREFER_NEAR = 'prefer_near';
const ONLY_NODE = 'only_node';
/** How long a client stays with its endpoint after its last request, ms. */
const CLIENT_AFFINITY = 'client_affinity_ms';
/** Beside the field of that name. */
const OUTLIERS = 'outlier_detection';

export function encodeClusterMetadata({ appProtocol, balancing, outlierDetection, clientAffinity }: ClusterSpec) {
  const locality = balancing?.locality;
  const outliers = outlierDetection === undefined ? null : encodeOutlierExtras(outlierDetection);
  const own: JsonObject = {
    ...(appProtocol === undefined ? {} : { [APP_PROTOCOL]: appProtocol }),
    ...(locality?.kind === 'nearest' ? encodeNearest(locality) : {}),
    ...(outliers === null ? {} : { [OUTLIERS]: outliers }),
    ...(clientAffinity === undefined ? {} : { [CLIENT_AFFINITY]: clientAffinity.timeoutMs }),
  };
  return Object.keys(own).length === 0 ? {} : { metadata: { filterMetadata: { [METADATA_KEY]: own } } };
}

function encodeNearest({ tiers, onlyNode }: NearestSpec): JsonObject {
  return { [PREFER_NEAR]: [...tiers], ...(onlyNode === true ? { [ONLY_NODE]: true } : {}) };
}

function ownMetadata(message: Cluster): JsonObject {
  return message.metadata?.filterMetadata[METADATA_KEY] ?? {};
}

export function decodeAppProtocol(message: Cluster): Pick<ClusterSpec, 'appProtocol'> {
  const said = ownMetadata(message)[APP_PROTOCOL];
  const appProtocol = APP_PROTOCOLS.find((one) => one === said);
  return appProtocol === undefined ? {} : { appProtocol };
}

export function decodeClientAffinity(message: Cluster): Pick<ClusterSpec, 'clientAffinity'> {
  const said = ownMetadata(message)[CLIENT_AFFINITY];
  if (typeof said !== 'number' || !Number.isInteger(said) || said <= 0) return {};
  return { clientAffinity: { timeoutMs: said } };
}

/** Null where nothing is said, or what this build does not know. */
export function decodeNearest(message: Cluster): NearestSpec | null {
  const { [PREFER_NEAR]: said, [ONLY_NODE]: onlyNode } = ownMetadata(message);
  const tiers = Array.isArray(said) ? NEAR_TIERS.filter((tier) => said.includes(tier)) : [];
  if (tiers.length === 0) return null;
  return { kind: 'nearest', tiers, ...(onlyNode === true ? { onlyNode } : {}) };
}

/** Beyond the field `outlier_detection`, and where that stands. */
export function outlierMetadata(message: Cluster): { readonly json: JsonValue | undefined; readonly path: string } {
  return { json: ownMetadata(message)[OUTLIERS], path: `metadata.filter_metadata['${METADATA_KEY}'].${OUTLIERS}` };
}
