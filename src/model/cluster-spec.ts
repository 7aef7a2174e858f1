// Clusters as configuration: a named set of endpoints and how to call them.
import type { LoadAssignmentSpec } from './endpoint-spec.ts';

/** Source: envoy.config.cluster.v3.Cluster. */
export interface ClusterSpec {
  readonly name: string;
  readonly discovery:
    | {
        readonly kind: 'eds';
        /** Name of the ClusterLoadAssignment (EdsClusterConfig.service_name, else the cluster's name). */
        readonly serviceName: string;
      }
    | { readonly kind: 'static'; readonly assignment: LoadAssignmentSpec };
  /** For the TCP handshake, ms (> 0). Envoy's default: 5,000. */
  readonly connectTimeoutMs: number;
  /** Name of a row of the load balancer table. */
  readonly loadBalancer: LoadBalancerName;
}

export const LOAD_BALANCER_NAMES = ['round-robin'] as const;
export type LoadBalancerName = (typeof LOAD_BALANCER_NAMES)[number];

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
