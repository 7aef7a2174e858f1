// The cluster that the control plane is reached through: its addresses, for a gRPC client that is not the data plane's.
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../../model/cluster-spec.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { auditFields } from '../resources/audit-fields.ts';
import type { DecodeContext } from '../resources/decode-context.ts';
import { decodeDuration } from '../resources/duration.ts';
import { decodeLoadAssignment } from '../resources/endpoint.ts';
import { checkPlainSocket } from '../resources/transport-socket.ts';

export interface ControlPlaneCluster {
  /** `host:port`, hosts may be names. */
  readonly addresses: readonly string[];
  readonly connectTimeoutMs: number;
}

const RESOLVED_HERE: readonly (Cluster_DiscoveryType | undefined)[] = [
  Cluster_DiscoveryType.STATIC,
  Cluster_DiscoveryType.STRICT_DNS,
  Cluster_DiscoveryType.LOGICAL_DNS,
  undefined,
];

/** gRPC is HTTP/2 whatever the cluster says, so both forms of "speak HTTP/2" are taken. */
export function decodeControlPlaneCluster(message: Cluster, context: DecodeContext): ControlPlaneCluster {
  const { http2ProtocolOptions: _, ...rest } = message;
  auditFields(ClusterSchema, rest, context, '');
  checkPlainSocket(message.transportSocket, context, 'transport_socket');
  const kind = message.clusterDiscoveryType;
  if (kind.case === 'type' && !RESOLVED_HERE.includes(kind.value)) {
    context.refuse('type', 'does not say where the control plane is', 'use STATIC, STRICT_DNS or LOGICAL_DNS');
  }
  const assignment = message.loadAssignment;
  const localities =
    assignment === undefined ? [] : decodeLoadAssignment(assignment, context, 'load_assignment', 'name').localities;
  const addresses = localities.flatMap(({ endpoints }) => endpoints.map(renderSocketAddress));
  if (addresses.length === 0)
    context.refuse('load_assignment', 'names no endpoint', 'give the control plane an address');
  const connectTimeoutMs = decodeDuration(
    message.connectTimeout,
    DEFAULT_CONNECT_TIMEOUT_MS,
    context,
    'connect_timeout',
  );
  return { addresses, connectTimeoutMs };
}
