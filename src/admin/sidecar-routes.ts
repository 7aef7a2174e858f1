// The admin pages of a sidecar, as contract.md names them; what they show comes from the data plane.
import { type AdminRoute, byFormat, jsonResponse, textResponse } from './admin-route.ts';
import { renderClustersJson, renderClustersText } from './render-clusters.ts';
import { renderListenersJson, renderListenersText } from './render-listeners.ts';
import { renderStatsJson, renderStatsText, type Stats, selectStats } from './render-stats.ts';
import { renderXdsJson, renderXdsText } from './render-xds.ts';
import type { ClusterStatus, ListenerStatus, ServerState, XdsStatus } from './sidecar-status.ts';

/** Each is called once a request, on the sidecar's own thread: it must not wait. */
export interface SidecarSource {
  state(): ServerState;
  stats(): Stats;
  /** Prometheus text format 0.0.4. */
  prometheus(): string | Iterable<string>;
  clusters(): readonly ClusterStatus[];
  listeners(): readonly ListenerStatus[];
  /** Null: there is no control plane. */
  xds(): XdsStatus | null;
  /** JSON of envoy.admin.v3.ConfigDump. */
  configDump(): string | Iterable<string>;
  /** Begins to stop, as SIGTERM does; returns at once. */
  quit(): void;
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

export function sidecarRoutes(source: SidecarSource): readonly AdminRoute[] {
  return [readyRoute(source), ...statsRoutes(source), ...tableRoutes(source), quitRoute(source)];
}

function readyRoute(source: SidecarSource): AdminRoute {
  return {
    method: 'GET',
    path: '/ready',
    doc: '200 and LIVE when the sidecar serves; else 503 and its state.',
    handle() {
      const state = source.state();
      return textResponse(`${state}\n`, state === 'LIVE' ? 200 : 503);
    },
  };
}

function statsRoutes(source: SidecarSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/stats',
      doc: 'Counters and gauges; ?filter=TEXT (names that contain it), ?usedonly, ?format=json.',
      handle(query) {
        const stats = selectStats(source.stats(), query.get('filter') ?? '', query.has('usedonly'));
        return byFormat(
          query,
          () => renderStatsText(stats),
          () => renderStatsJson(stats),
        );
      },
    },
    {
      method: 'GET',
      path: '/stats/prometheus',
      doc: 'The same for Prometheus.',
      handle: () => ({ status: 200, contentType: PROMETHEUS, body: source.prometheus() }),
    },
  ];
}

function tableRoutes(source: SidecarSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/clusters',
      doc: 'Every Service port with its pods: health, connections, requests; ?format=json.',
      handle(query) {
        const clusters = source.clusters();
        return byFormat(
          query,
          () => renderClustersText(clusters),
          () => renderClustersJson(clusters),
        );
      },
    },
    {
      method: 'GET',
      path: '/listeners',
      doc: 'Where the sidecar listens; ?format=json.',
      handle(query) {
        const listeners = source.listeners();
        return byFormat(
          query,
          () => renderListenersText(listeners),
          () => renderListenersJson(listeners),
        );
      },
    },
    {
      method: 'GET',
      path: '/xds',
      doc: 'Whether the newest configuration is in force, and why not; ?format=json.',
      handle(query) {
        const status = source.xds();
        return byFormat(
          query,
          () => renderXdsText(status),
          () => renderXdsJson(status),
        );
      },
    },
    {
      method: 'GET',
      path: '/config_dump',
      doc: 'The configuration that is in force, as JSON.',
      handle: () => jsonResponse(source.configDump()),
    },
  ];
}

function quitRoute(source: SidecarSource): AdminRoute {
  return {
    method: 'POST',
    path: '/quitquitquit',
    doc: 'Stops the sidecar as SIGTERM does: it drains, then exits.',
    handle() {
      source.quit();
      return textResponse('OK\n');
    },
  };
}
