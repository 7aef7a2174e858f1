// What the admin pages of a sidecar show, read from its data plane and its xDS client.
import type { SidecarSource } from '../admin/sidecar-routes.ts';
import type { ClusterStatus, EndpointStatus, ServerState, XdsStatus } from '../admin/sidecar-status.ts';
import { renderIssue } from '../base/result.ts';
import type { DataPlane } from '../proxy/data-plane.ts';
import { listStats, renderPrometheus } from '../telemetry/prometheus.ts';
import type { StatSource } from '../telemetry/stats.ts';
import type { AdsClient } from '../xds/client/ads-client.ts';

type Cluster = DataPlane['clusters'][number];
type Endpoint = Cluster['endpoints'] extends Iterable<infer E> ? E : never;

export interface SidecarParts {
  readonly dataPlane: DataPlane;
  /** Null: all stands in a file. */
  readonly xds: AdsClient | null;
  /** Clusters that stand in the file. */
  readonly staticClusters: ReadonlySet<string>;
  /** Sections of /config_dump that come before those of xDS. */
  readonly fileDump: readonly unknown[];
  readonly statSources: readonly StatSource[];
  readonly draining: () => boolean;
  readonly quit: () => void;
}

export function sidecarSource(parts: SidecarParts): SidecarSource {
  const { dataPlane, xds } = parts;
  return {
    state: () => serverState(parts),
    stats: () => listStats(parts.statSources),
    prometheus: () => renderPrometheus(parts.statSources),
    clusters: () => dataPlane.clusters.map((cluster) => clusterStatus(cluster, parts.staticClusters)),
    listeners: () => dataPlane.listeners.map(({ name, addresses }) => ({ name, addresses })),
    xds: () => (xds === null ? null : xdsStatus(xds, dataPlane)),
    configDump: () => JSON.stringify({ configs: [...parts.fileDump, ...sectionsOf(xds?.configDump())] }, null, 2),
    quit: parts.quit,
  };
}

function serverState({ dataPlane, xds, draining }: SidecarParts): ServerState {
  if (draining()) return 'DRAINING';
  if (xds !== null && !xds.synced) return 'PRE_INITIALIZING';
  return dataPlane.readiness().ready ? 'LIVE' : 'INITIALIZING';
}

function xdsStatus(xds: AdsClient, dataPlane: DataPlane): XdsStatus {
  const { protocol, connected, lastError, versions, refused, missing, ignored, stray } = xds.status();
  return {
    ...{ protocol, connected, lastError, versions, missing, ignored, stray },
    refused: refused.map(({ type, name, issues }) => ({ type, name, reasons: issues.map(renderIssue) })),
    held: dataPlane.held(),
    waitingFor: dataPlane.readiness().waitingFor,
  };
}

/** The `configs` of an envoy.admin.v3.ConfigDump. */
function sectionsOf(dump: unknown): readonly unknown[] {
  if (typeof dump !== 'object' || dump === null || !('configs' in dump)) return [];
  return Array.isArray(dump.configs) ? dump.configs : [];
}

function clusterStatus(cluster: Cluster, staticClusters: ReadonlySet<string>): ClusterStatus {
  return {
    name: cluster.name,
    addedViaApi: !staticClusters.has(cluster.name),
    endpoints: Array.from(cluster.endpoints, endpointStatus),
  };
}

function endpointStatus(endpoint: Endpoint): EndpointStatus {
  const { spec, group } = endpoint;
  return {
    host: spec.host,
    port: spec.port,
    ...(spec.pod === undefined ? {} : { pod: spec.pod }),
    health: spec.health,
    ejected: false,
    weight: spec.weight,
    priority: group.priority,
    locality: group.locality,
    cxActive: endpoint.connectionsActive,
    cxTotal: endpoint.connectionsTotal,
    cxConnectFail: endpoint.connectFailures,
    rqActive: endpoint.activeRequests,
    rqTotal: endpoint.requestsTotal,
    rqSuccess: endpoint.requestsSuccess,
    rqError: endpoint.requestsError,
    rqTimeout: endpoint.requestsTimedOut,
    lastError: endpoint.lastError === '' ? null : endpoint.lastError,
  };
}
