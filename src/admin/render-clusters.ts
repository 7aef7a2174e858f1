// `GET /clusters`: every endpoint with its figures, in Envoy's text form and as envoy.admin.v3.Clusters in JSON.
import { renderSocketAddress } from '../model/socket-address.ts';
import type { ClusterStatus, EndpointStatus } from './sidecar-status.ts';

interface Stat {
  readonly name: string;
  readonly type: 'COUNTER' | 'GAUGE';
  of(endpoint: EndpointStatus): number;
}

const STATS: readonly Stat[] = [
  { name: 'cx_active', type: 'GAUGE', of: (endpoint) => endpoint.cxActive },
  { name: 'cx_connect_fail', type: 'COUNTER', of: (endpoint) => endpoint.cxConnectFail },
  { name: 'cx_total', type: 'COUNTER', of: (endpoint) => endpoint.cxTotal },
  { name: 'rq_active', type: 'GAUGE', of: (endpoint) => endpoint.rqActive },
  { name: 'rq_error', type: 'COUNTER', of: (endpoint) => endpoint.rqError },
  { name: 'rq_success', type: 'COUNTER', of: (endpoint) => endpoint.rqSuccess },
  { name: 'rq_timeout', type: 'COUNTER', of: (endpoint) => endpoint.rqTimeout },
  { name: 'rq_total', type: 'COUNTER', of: (endpoint) => endpoint.rqTotal },
];

/** Lines `cluster::address::name::value`. What is `pod` and behind it is ours, the rest is Envoy's. */
export function* renderClustersText(clusters: readonly ClusterStatus[]): Generator<string> {
  for (const cluster of clusters) {
    yield `${cluster.name}::observability_name::${cluster.name}\n${cluster.name}::added_via_api::${cluster.addedViaApi}\n`;
    for (const endpoint of cluster.endpoints) yield endpointLines(cluster.name, endpoint);
  }
}

function endpointLines(cluster: string, endpoint: EndpointStatus): string {
  const head = `${cluster}::${renderSocketAddress(endpoint)}::`;
  const values: readonly (readonly [string, string | number])[] = [
    ...STATS.map((stat) => [stat.name, stat.of(endpoint)] as const),
    ['hostname', ''],
    ['health_flags', healthFlags(endpoint)],
    ['weight', endpoint.weight],
    ['region', endpoint.locality.region],
    ['zone', endpoint.locality.zone],
    ['sub_zone', endpoint.locality.subZone],
    ['canary', 'false'],
    ['priority', endpoint.priority],
    ['pod', endpoint.pod === undefined ? '' : `${endpoint.pod.namespace}/${endpoint.pod.name}`],
    ['last_error', oneLine(endpoint.lastError ?? '')],
    ['failed_check_because', oneLine(endpoint.failedCheck ?? '')],
    ['ejected_because', oneLine(endpoint.ejected ?? '')],
    ['would_be_ejected_because', oneLine(endpoint.wouldBeEjected ?? '')],
    ['ejection_left_ms', wholeMs(endpoint.ejectionLeftMs ?? 0)],
    ['ejections', endpoint.ejections ?? 0],
    ['warming_ms', wholeMs(endpoint.warmingMs ?? 0)],
  ];
  return values.map(([name, value]) => `${head}${name}::${value}\n`).join('');
}

/** Envoy writes each raised flag with a slash before it, and `healthy` where none is. */
function healthFlags(endpoint: EndpointStatus): string {
  const flags = [
    endpoint.failedCheck !== undefined ? '/failed_active_hc' : '',
    endpoint.degradedByCheck === true ? '/degraded_active_hc' : '',
    endpoint.ejected !== null ? '/failed_outlier_check' : '',
    endpoint.health === 'unhealthy' ? '/failed_eds_health' : '',
    endpoint.health === 'degraded' ? '/failed_eds_degraded' : '',
    endpoint.health === 'draining' ? '/eds_status_draining' : '',
  ].join('');
  return flags === '' ? 'healthy' : flags;
}

function wholeMs(ms: number): number {
  return Math.ceil(ms);
}

function oneLine(text: string): string {
  return text.replaceAll('\r', ' ').replaceAll('\n', ' ');
}

/** envoy.admin.v3.Clusters in its JSON form (64-bit numbers as text); `pod` and what follows it are ours. */
export interface HostStatusJson {
  readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  readonly stats: readonly { readonly name: string; readonly type: 'COUNTER' | 'GAUGE'; readonly value: string }[];
  readonly health_status: {
    readonly eds_health_status: 'HEALTHY' | 'DEGRADED' | 'DRAINING' | 'UNHEALTHY';
    readonly failed_active_health_check?: true;
    readonly failed_active_degraded_check?: true;
    readonly failed_outlier_check?: true;
  };
  readonly weight: number;
  readonly priority: number;
  readonly locality: { readonly region: string; readonly zone: string; readonly sub_zone: string };
  readonly pod?: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly last_error?: string;
  readonly failed_check_because?: string;
  readonly ejected_because?: string;
  readonly would_be_ejected_because?: string;
  readonly ejection_left_ms?: number;
  readonly ejections?: number;
  readonly warming_ms?: number;
}

export interface ClustersJson {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly added_via_api: boolean;
    readonly host_statuses: readonly HostStatusJson[];
  }[];
}

/** A `ClustersJson`, cluster by cluster. */
export function* renderClustersJson(clusters: readonly ClusterStatus[]): Generator<string> {
  yield '{"cluster_statuses":[';
  for (const [index, cluster] of clusters.entries()) {
    const status: ClustersJson['cluster_statuses'][number] = {
      name: cluster.name,
      added_via_api: cluster.addedViaApi,
      host_statuses: cluster.endpoints.map(hostStatus),
    };
    yield `${index === 0 ? '' : ','}${JSON.stringify(status)}`;
  }
  yield ']}\n';
}

const EDS_HEALTH = { healthy: 'HEALTHY', degraded: 'DEGRADED', draining: 'DRAINING', unhealthy: 'UNHEALTHY' } as const;

function hostStatus(endpoint: EndpointStatus): HostStatusJson {
  const { region, zone, subZone } = endpoint.locality;
  return {
    address: { socket_address: { address: endpoint.host, port_value: endpoint.port } },
    stats: STATS.map((stat) => ({ name: stat.name, type: stat.type, value: String(stat.of(endpoint)) })),
    health_status: {
      eds_health_status: EDS_HEALTH[endpoint.health],
      ...(endpoint.failedCheck === undefined ? {} : { failed_active_health_check: true }),
      ...(endpoint.degradedByCheck === true ? { failed_active_degraded_check: true } : {}),
      ...(endpoint.ejected === null ? {} : { failed_outlier_check: true }),
    },
    weight: endpoint.weight,
    priority: endpoint.priority,
    locality: { region, zone, sub_zone: subZone },
    ...(endpoint.pod === undefined ? {} : { pod: endpoint.pod }),
    ...(endpoint.lastError === null ? {} : { last_error: endpoint.lastError }),
    ...(endpoint.failedCheck === undefined ? {} : { failed_check_because: endpoint.failedCheck }),
    ...(endpoint.ejected === null ? {} : { ejected_because: endpoint.ejected }),
    ...(endpoint.wouldBeEjected === null ? {} : { would_be_ejected_because: endpoint.wouldBeEjected }),
    ...(endpoint.ejectionLeftMs === undefined ? {} : { ejection_left_ms: wholeMs(endpoint.ejectionLeftMs) }),
    ...(endpoint.ejections === undefined ? {} : { ejections: endpoint.ejections }),
    ...(endpoint.warmingMs === undefined ? {} : { warming_ms: wholeMs(endpoint.warmingMs) }),
  };
}
