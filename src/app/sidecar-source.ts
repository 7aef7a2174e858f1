// What the admin pages of a sidecar show, read from whatever runs its data plane and from its xDS client.
import type { SidecarSource } from '../admin/sidecar-routes.ts';
import type { ServerState, XdsStatus } from '../admin/sidecar-status.ts';
import { renderIssue } from '../base/result.ts';
import { listStats, renderPrometheus } from '../telemetry/prometheus.ts';
import type { StatSource } from '../telemetry/stats.ts';
import type { Plane } from '../workers/plane.ts';
import type { AdsClient } from '../xds/client/ads-client.ts';

export interface SidecarParts {
  readonly plane: Plane;
  /** Null: all stands in a file. */
  readonly xds: AdsClient | null;
  /** Clusters that stand in the file. */
  readonly staticClusters: ReadonlySet<string>;
  /** Sections of /config_dump that come before those of xDS. */
  readonly fileDump: readonly unknown[];
  /** What is counted beside the plane. */
  readonly serverStats: StatSource;
  readonly draining: () => boolean;
  readonly quit: () => void;
}

export function sidecarSource(parts: SidecarParts): SidecarSource {
  const { plane, xds, staticClusters } = parts;
  const statSources = async (): Promise<readonly StatSource[]> => [...(await plane.stats()), parts.serverStats];
  return {
    state: () => serverState(parts),
    stats: async () => listStats(await statSources()),
    prometheus: async () => renderPrometheus(await statSources()),
    clusters: async () =>
      (await plane.clusters()).map((cluster) => ({ ...cluster, addedViaApi: !staticClusters.has(cluster.name) })),
    listeners: () => plane.listeners(),
    workers: () => plane.workers(),
    xds: () => (xds === null ? null : xdsStatus(xds, plane)),
    configDump: () => JSON.stringify({ configs: [...parts.fileDump, ...sectionsOf(xds?.configDump())] }, null, 2),
    quit: parts.quit,
  };
}

function serverState({ plane, xds, draining }: SidecarParts): ServerState {
  if (draining()) return 'DRAINING';
  if (xds !== null && !xds.synced) return 'PRE_INITIALIZING';
  return plane.state().ready ? 'LIVE' : 'INITIALIZING';
}

function xdsStatus(xds: AdsClient, plane: Plane): XdsStatus {
  const { protocol, connected, lastError, versions, refused, missing, ignored, stray } = xds.status();
  const { held, waitingFor } = plane.state();
  return {
    ...{ protocol, connected, lastError, versions, missing, ignored, stray, held, waitingFor },
    refused: refused.map(({ type, name, issues }) => ({ type, name, reasons: issues.map(renderIssue) })),
  };
}

/** The `configs` of an envoy.admin.v3.ConfigDump. */
function sectionsOf(dump: unknown): readonly unknown[] {
  if (typeof dump !== 'object' || dump === null || !('configs' in dump)) return [];
  return Array.isArray(dump.configs) ? dump.configs : [];
}
