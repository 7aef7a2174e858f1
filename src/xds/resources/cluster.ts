// CDS: ClusterSpec ↔ envoy.config.cluster.v3.Cluster.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type ClusterSpec, DEFAULT_CONNECT_TIMEOUT_MS } from '../../model/cluster-spec.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DiscoveryTypeSchema,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { UpstreamTlsContextSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { decodeCircuitBreakers, encodeCircuitBreakers } from './circuit-breakers.ts';
import { decodeHttpOptions, encodeHttpOptions } from './cluster-http-options.ts';
import { decodeAppProtocol, decodeClientAffinity, encodeClusterMetadata, outlierMetadata } from './cluster-metadata.ts';
import { checkAdsSource, encodeAdsSource } from './config-source.ts';
import { decodeKeepalive, encodeConnectionOptions } from './connection-options.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { decodeDnsDiscovery, encodeDnsDiscovery } from './dns-discovery.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeLoadAssignment, ENDPOINT_TYPE, encodeLoadAssignment } from './endpoint.ts';
import { decodeHealthChecks, encodeHealthCheck } from './health-check.ts';
import { decodeBalancing, encodeBalancing } from './load-balancing.ts';
import { decodeOutlierDetection, encodeOutlierDetection } from './outlier-detection.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';
import { decodeSessionHealths } from './session-healths.ts';
import { decodeUpstreamTls, encodeUpstreamTls } from './tls-context.ts';
import { decodeTlsSocket, encodeTlsSocket } from './transport-socket.ts';

export const CLUSTER_TYPE: ResourceType<ClusterSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${ClusterSchema.typeName}`,
  shortName: 'CDS',
  noun: 'cluster',
  wildcard: true,
  refersTo: ENDPOINT_TYPE.typeUrl,
  warms: true,
  specs: (snapshot) => snapshot.clusters,
  toChanges: (changes) => ({ clusters: changes }),
  name: (spec) => spec.name,
  references: (spec) => (spec.discovery.kind === 'eds' ? [spec.discovery.serviceName] : []),
  encode: (spec) => toBinary(ClusterSchema, create(ClusterSchema, encodeCluster(spec))),
  decode: (bytes) =>
    decodeResource(
      { schema: ClusterSchema, noun: 'cluster', nameOf: (message) => message.name, build: decodeCluster },
      bytes,
    ),
};

type ClusterInit = MessageInitShape<typeof ClusterSchema>;

function encodeCluster(spec: ClusterSpec): ClusterInit {
  const keepalive = spec.connections?.tcpKeepalive;
  const base = {
    name: spec.name,
    connectTimeout: encodeDuration(spec.connectTimeoutMs),
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    ...encodeClusterMetadata(spec),
    typedExtensionProtocolOptions: encodeHttpOptions(spec),
    ...(keepalive === undefined ? {} : { upstreamConnectionOptions: encodeConnectionOptions(keepalive) }),
    ...encodeBalancing(spec),
    ...(spec.healthCheck === undefined ? {} : { healthChecks: [encodeHealthCheck(spec.healthCheck)] }),
    ...(spec.removesHealthy === true ? { ignoreHealthOnHostRemoval: true } : {}),
    circuitBreakers: encodeCircuitBreakers(spec.circuitBreakers),
    ...(spec.outlierDetection === undefined ? {} : { outlierDetection: encodeOutlierDetection(spec.outlierDetection) }),
    ...(spec.tls === undefined ? {} : { transportSocket: encodeTlsSocket(encodeUpstreamTls(spec.tls)) }),
  };
  if (spec.discovery.kind === 'static') {
    return {
      ...base,
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
      loadAssignment: encodeLoadAssignment(spec.discovery.assignment),
    };
  }
  if (spec.discovery.kind === 'original-dst') {
    return {
      ...base,
      clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    };
  }
  if (spec.discovery.kind !== 'eds') return { ...base, ...encodeDnsDiscovery(spec.discovery) };
  const { serviceName } = spec.discovery;
  return {
    ...base,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: encodeAdsSource(), serviceName: serviceName === spec.name ? '' : serviceName },
  };
}

function decodeCluster(message: Cluster, context: DecodeContext): ClusterSpec {
  const original = message.clusterDiscoveryType.value === Cluster_DiscoveryType.ORIGINAL_DST;
  const connectTimeoutMs = decodeDuration(
    message.connectTimeout,
    DEFAULT_CONNECT_TIMEOUT_MS,
    context,
    'connect_timeout',
  );
  if (connectTimeoutMs === 0) context.refuse('connect_timeout', 'is 0', 'give more than 0 s');
  const outliers = message.outlierDetection;
  const socket = 'transport_socket';
  const tls = decodeTlsSocket(UpstreamTlsContextSchema, message.transportSocket, context, socket);
  const http = decodeHttpOptions(message, context);
  const connections = { ...http.connections, ...decodeKeepalive(message, context) };
  if (http.protocol === 'auto' && tls === null) {
    const remedy = 'add a transport_socket, or use explicit_http_config';
    context.refuse('typed_extension_protocol_options', 'auto_config chooses by ALPN, and there is no TLS', remedy);
  }
  return {
    name: message.name,
    discovery: decodeDiscovery(message, context),
    connectTimeoutMs,
    ...decodeAppProtocol(message),
    ...decodeClientAffinity(message),
    ...http,
    ...(Object.keys(connections).length === 0 ? {} : { connections }),
    ...decodeSessionHealths(message.commonLbConfig?.overrideHostStatus),
    ...(tls === null ? {} : { tls: decodeUpstreamTls(tls, context, `${socket}.typed_config`) }),
    ...(outliers === undefined
      ? {}
      : { outlierDetection: decodeOutlierDetection(outliers, outlierMetadata(message), context, 'outlier_detection') }),
    ...decodeHealthChecks(message.healthChecks, context),
    ...(message.ignoreHealthOnHostRemoval ? { removesHealthy: true } : {}),
    ...decodeCircuitBreakers(message.circuitBreakers, context),
    ...(original ? { loadBalancer: 'round-robin' } : decodeBalancing(message, context)),
  };
}

function decodeDiscovery(message: Cluster, context: DecodeContext): ClusterSpec['discovery'] {
  const kind = message.clusterDiscoveryType;
  const type = kind.case === 'type' ? kind.value : Cluster_DiscoveryType.STATIC;
  if (type === Cluster_DiscoveryType.EDS) {
    checkAdsSource(message.edsClusterConfig?.edsConfig, context, 'eds_cluster_config.eds_config');
    return { kind: 'eds', serviceName: message.edsClusterConfig?.serviceName || message.name };
  }
  if (type === Cluster_DiscoveryType.STRICT_DNS || type === Cluster_DiscoveryType.LOGICAL_DNS) {
    return decodeDnsDiscovery(message, type, context);
  }
  if (type === Cluster_DiscoveryType.ORIGINAL_DST) {
    if (message.lbPolicy !== Cluster_LbPolicy.CLUSTER_PROVIDED) {
      context.refuse('lb_policy', 'is not CLUSTER_PROVIDED', 'an ORIGINAL_DST cluster takes nothing else');
    }
    if (message.loadAssignment !== undefined) context.refuse('load_assignment', 'has no meaning here', 'remove it');
    return { kind: 'original-dst' };
  }
  if (type !== Cluster_DiscoveryType.STATIC) {
    const value = Cluster_DiscoveryTypeSchema.value[type]?.name ?? type;
    context.refuse('type', `${value} is not supported`, 'use EDS, STATIC, STRICT_DNS, LOGICAL_DNS or ORIGINAL_DST');
  }
  const assignment = message.loadAssignment;
  if (assignment === undefined) return { kind: 'static', assignment: { name: message.name, localities: [] } };
  const decoded = decodeLoadAssignment(assignment, context, 'load_assignment', 'static');
  return { kind: 'static', assignment: { ...decoded, name: decoded.name || message.name } };
}
