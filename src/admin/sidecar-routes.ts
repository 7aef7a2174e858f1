// The admin pages of a sidecar, as contract.md names them; what they show comes from the data plane.
import { type AdminRoute, byFormat, jsonResponse, textResponse } from './admin-route.ts';
import { renderClustersJson, renderClustersText } from './render-clusters.ts';
import { renderListenersJson, renderListenersText } from './render-listeners.ts';
import { renderStatsJson, renderStatsText, type Stats, selectStats } from './render-stats.ts';
import { renderWorkersJson, renderWorkersText } from './render-workers.ts';
import { renderXdsJson, renderXdsText } from './render-xds.ts';
import type { ClusterStatus, ListenerStatus, ServerState, WorkerStatus, XdsStatus } from './sidecar-status.ts';

type Soon<T> = T | Promise<T>;

/** Each is called once a request. Where other processes must be asked, the answer comes within a few seconds; none rejects. */
export interface SidecarSource {
  state(): ServerState;
  stats(): Soon<Stats>;
  /** Prometheus text format 0.0.4. */
  prometheus(): Soon<string | Iterable<string>>;
  clusters(): Soon<readonly ClusterStatus[]>;
  listeners(): Soon<readonly ListenerStatus[]>;
  /** None: everything happens in one process. */
  workers(): readonly WorkerStatus[];
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
      async handle(query) {
        const stats = selectStats(await source.stats(), query.get('filter') ?? '', query.has('usedonly'));
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
      handle: async () => ({ status: 200, contentType: PROMETHEUS, body: await source.prometheus() }),
    },
  ];
}

function tableRoutes(source: SidecarSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/clusters',
      doc: 'Every Service port with its pods: health, connections, requests; ?format=json.',
      async handle(query) {
        const clusters = await source.clusters();
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
      async handle(query) {
        const listeners = await source.listeners();
        return byFormat(
          query,
          () => renderListenersText(listeners),
          () => renderListenersJson(listeners),
        );
      },
    },
    {
      method: 'GET',
      path: '/workers',
      doc: 'The processes that carry the traffic, where there are several; ?format=json.',
      handle(query) {
        const workers = source.workers();
        return byFormat(
          query,
          () => renderWorkersText(workers),
          () => renderWorkersJson(workers),
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
