// TcpProxySpec ↔ envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.
import { create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { DEFAULT_IDLE_TIMEOUT_MS, type TcpProxySpec } from '../../model/listener-spec.ts';
import { type TcpProxy, TcpProxySchema } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { decodeAccessLogs, encodeAccessLog } from './access-log.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { packExtension, unpackExtension } from './extension.ts';
import { checkTotalWeight } from './weighted-clusters.ts';

const DEFAULT_CONNECT_ATTEMPTS = 1;
const BY_SOURCE_IP = { policySpecifier: { case: 'sourceIp', value: {} } } as const;

export function encodeTcpProxy(spec: TcpProxySpec): Any {
  return packExtension(TcpProxySchema, {
    statPrefix: spec.statPrefix,
    clusterSpecifier: encodeCluster(spec),
    idleTimeout: encodeDuration(spec.idleTimeoutMs),
    accessLog: (spec.accessLogs ?? []).map(encodeAccessLog),
    maxConnectAttempts: spec.maxConnectAttempts,
    ...(spec.hashesClients === true ? { hashPolicy: [BY_SOURCE_IP] } : {}),
  });
}

function encodeCluster({ cluster }: TcpProxySpec) {
  if (typeof cluster === 'string') return { case: 'cluster', value: cluster } as const;
  return { case: 'weightedClusters', value: { clusters: cluster.map((one) => ({ ...one })) } } as const;
}

export function decodeTcpProxy(any: Any, context: DecodeContext, path: string): TcpProxySpec {
  const message = unpackExtension(TcpProxySchema, any, context, path) ?? create(TcpProxySchema);
  if (message.statPrefix === '') context.refuse(`${path}.stat_prefix`, 'is empty', 'name the statistics');
  if (message.maxConnectAttempts === 0) {
    context.refuse(`${path}.max_connect_attempts`, 'is 0', 'give at least 1, or leave it out');
  }
  const accessLogs = decodeAccessLogs(message.accessLog, context, `${path}.access_log`);
  return {
    statPrefix: message.statPrefix,
    cluster: decodeCluster(message, context, path),
    idleTimeoutMs: decodeDuration(message.idleTimeout, DEFAULT_IDLE_TIMEOUT_MS, context, `${path}.idle_timeout`),
    maxConnectAttempts: message.maxConnectAttempts ?? DEFAULT_CONNECT_ATTEMPTS,
    ...decodeHashing(message, context, `${path}.hash_policy`),
    ...(accessLogs.length === 0 ? {} : { accessLogs }),
  };
}

/** What this build lacks costs affinity, never correctness: said, not refused. */
function decodeHashing(
  { hashPolicy }: TcpProxy,
  context: DecodeContext,
  path: string,
): Pick<TcpProxySpec, 'hashesClients'> {
  if (hashPolicy.length > 1) context.refuse(path, `has ${hashPolicy.length} policies`, 'give one');
  const { case: kind } = hashPolicy[0]?.policySpecifier ?? { case: undefined };
  if (kind === 'filterState') context.ignore(path);
  return kind === 'sourceIp' ? { hashesClients: true } : {};
}

function decodeCluster(message: TcpProxy, context: DecodeContext, path: string): TcpProxySpec['cluster'] {
  const specifier = message.clusterSpecifier;
  if (specifier.case !== 'weightedClusters') {
    if (!specifier.value) context.refuse(path, 'names no cluster', 'give it cluster or weighted_clusters');
    return specifier.value ?? '';
  }
  const clusters = specifier.value.clusters.map(({ name, weight }, i) => {
    if (name === '') context.refuse(`${path}.weighted_clusters.clusters[${i}].name`, 'is empty', 'name a cluster');
    return { name, weight };
  });
  checkTotalWeight(clusters, context, `${path}.weighted_clusters`);
  return clusters;
}
