// The admin pages of the control plane: readiness, its clients, what it tells them, and what is wrong with the manifests.
import { type AdminRoute, byFormat, jsonResponse, refusal, textResponse } from '../admin/admin-route.ts';
import { renderIssue } from '../base/result.ts';
import { nameType } from '../config/setting-types.ts';
import type { MeshState, PodSummary } from '../control/control-plane.ts';
import type { RegistryStatus } from '../control/registry/registry-health.ts';
import type { StatusReport } from '../control/status/status-reporter.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { TurnedAway } from '../xds/server/ads-server.ts';
import type { ClientStatus } from '../xds/server/client-status.ts';
import { reportClients } from './client-report.ts';
import { renderRegistryMetrics } from './registry-metrics.ts';
import { renderStatusMetrics } from './status-writing.ts';

/** Each is called once a request and must not wait. */
export interface ControlPlaneSource {
  /** Null until every registry has been read; from then on clients are told the whole truth. */
  state(): MeshState | null;
  /** Null while not all that was read is in what clients are told. */
  pods(): readonly PodSummary[] | null;
  registries(): readonly RegistryStatus[];
  clients(): readonly ClientStatus[];
  /** The last few clients that were sent away because of what they said. */
  turnedAway(): readonly TurnedAway[];
  /** Null where nobody writes status. */
  statusReport(): StatusReport | null;
  residentBytes(): number;
}

export function controlPlaneRoutes(source: ControlPlaneSource): readonly AdminRoute[] {
  return [
    readyRoute(source),
    clientsRoute(source),
    podsRoute(source),
    registriesRoute(source),
    snapshotRoute(source),
    issuesRoute(source),
    policiesRoute(source),
    gatewayRoutesRoute(source),
    metricsRoute(source),
  ];
}

function readyRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/ready',
    doc: '200 and LIVE when every registry has been read; else 503.',
    handle: () => (source.state() === null ? textResponse('PRE_INITIALIZING\n', 503) : textResponse('LIVE\n')),
  };
}

function clientsRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/clients',
    doc: 'Every connected client, what it was sent, what it said to that, and where what it refuses was written, as JSON.',
    handle() {
      const state = source.state();
      const page = {
        ready: state !== null,
        version: state?.version ?? 0,
        clients: reportClients(source.clients(), state),
        turnedAway: source.turnedAway(),
        registries: source.registries(),
      };
      return jsonResponse(`${JSON.stringify(page, null, 2)}\n`);
    },
  };
}

function podsRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/pods',
    doc: 'Every Pod that is known, and whether it is ready, as JSON; `pods` is null for the moment that a change waits for others.',
    handle: () => jsonResponse(`${JSON.stringify({ pods: source.pods() })}\n`),
  };
}

function registriesRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/registries',
    doc: 'Each registry, and of one that follows a server each kind: whether changes arrive, objects, lists, restarts, and what is wrong, as JSON.',
    handle: () => jsonResponse(`${JSON.stringify({ registries: source.registries() }, null, 2)}\n`),
  };
}

function snapshotRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/snapshot',
    doc: 'What sidecars of ?namespace=NAME (else "default") are told, as JSON.',
    handle(query) {
      const namespace = query.get('namespace') ?? 'default';
      if (!nameType.parse(namespace).ok) return refusal(400, `${JSON.stringify(namespace)} is not a namespace.`);
      const snapshot = source.state()?.snapshotFor({ namespace, outboundAddresses: [] });
      if (snapshot === undefined) return refusal(503, 'Not every registry has been read yet: the log tells why.');
      return jsonResponse(renderSnapshot(namespace, snapshot));
    },
  };
}

function issuesRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/issues',
    doc: 'What is wrong with the manifests now, a line each, with file and line; ?format=json.',
    handle(query) {
      const issues = source.state()?.issues ?? [];
      return byFormat(
        query,
        () => issues.map((issue) => `${issue.severity}: ${renderIssue(issue)}\n`),
        () => `${JSON.stringify({ issues })}\n`,
      );
    },
  };
}

function policiesRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/policies',
    doc: 'What became of each TrafficPolicy, as its status, and which of them counts for each Service port, as JSON.',
    handle: () =>
      jsonResponse(`${JSON.stringify(source.state()?.policies() ?? { policies: [], services: [] }, null, 2)}\n`),
  };
}

function gatewayRoutesRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/debug/gateway-routes',
    doc: 'The status of each HTTPRoute and GRPCRoute whose parent is a Service: whether it takes effect, and what is wrong with it, as JSON.',
    handle: () => jsonResponse(`${JSON.stringify({ routes: source.state()?.routeStatuses() ?? [] }, null, 2)}\n`),
  };
}

function metricsRoute(source: ControlPlaneSource): AdminRoute {
  return {
    method: 'GET',
    path: '/stats/prometheus',
    doc: 'Numbers for Prometheus.',
    handle: () => ({
      status: 200,
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: renderMetrics(source),
    }),
  };
}

/** A resource at a time: a mesh of 100,000 endpoints is never one string. */
function* renderSnapshot(namespace: string, snapshot: Snapshot): Generator<string> {
  yield `{"namespace":${JSON.stringify(namespace)}`;
  for (const family of ['listeners', 'routes', 'clusters', 'endpoints'] as const) {
    yield `,\n${JSON.stringify(family)}:[`;
    let separator = '\n';
    for (const spec of snapshot[family].values()) {
      yield `${separator}${JSON.stringify(spec)}`;
      separator = ',\n';
    }
    yield ']';
  }
  yield '}\n';
}

function renderMetrics(source: ControlPlaneSource): string {
  const clients = source.clients();
  const state = source.state();
  const issues = state?.issues ?? [];
  const settled = clients.filter((client) => client.types.every((type) => type.synced)).length;
  const refused = clients.filter((client) => client.types.some((type) => type.nack !== null)).length;
  const errors = issues.filter((issue) => issue.severity === 'error').length;
  return [
    gauge('switchboard_ready', 'Every registry has been read.', state === null ? 0 : 1),
    gauge('switchboard_mesh_version', 'Grows by one with each change of the mesh.', state?.version ?? 0),
    gauge('switchboard_xds_clients', 'Connected clients.', clients.length),
    gauge('switchboard_xds_clients_synced', 'Clients that hold the newest configuration.', settled),
    gauge('switchboard_xds_clients_refusing', 'Clients that refused what they were last sent.', refused),
    gauge('switchboard_manifest_errors', 'Errors in the manifests.', errors),
    gauge('switchboard_manifest_warnings', 'Warnings about the manifests.', issues.length - errors),
    gauge('process_resident_memory_bytes', 'Resident memory.', source.residentBytes()),
    renderRegistryMetrics(source.registries()),
    renderStatusMetrics(source.statusReport()),
  ].join('');
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}
