// Which cluster a sidecar is itself an endpoint of, and where it is: what zone-aware routing goes by.
import type { LocalitySpec } from './endpoint-spec.ts';

/** Source: envoy.config.bootstrap.v3.ClusterManager.local_cluster_name, and the locality of the bootstrap's node. */
export interface HomeSpec {
  /** Its endpoints are the callers that share the load with this sidecar, zone by zone. '' = nobody has said yet. */
  readonly cluster: string;
  readonly locality: LocalitySpec;
  /** Clusters that say nothing of zones have their endpoints in any; absent: as Envoy has it, they keep to zones. */
  readonly onlyWhereAsked?: true;
}

/** Equal for equal localities alone. */
export function localityKey({ region, zone, subZone }: LocalitySpec): string {
  return JSON.stringify([region, zone, subZone]);
}
