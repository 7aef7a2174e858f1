// `/clusters?format=json` of a sidecar (or of Envoy) → Services with their endpoints.
import { renderSocketAddress } from '../model/socket-address.ts';
import { fieldAt, fieldOf, listOf, numberOf, textOf } from './json-value.ts';
import { type ServicePort, serviceOf } from './service-name.ts';

/** The JSON that `switchboard endpoints -o json` prints. */
export interface ServiceEndpoints extends ServicePort {
  readonly cluster: string;
  readonly endpoints: readonly EndpointRow[];
}

export interface EndpointRow {
  /** `IP:PORT`. */
  readonly address: string;
  /** `namespace/name`, null where it is not known. */
  readonly pod: string | null;
  readonly health: string;
  /** Requests that run now. */
  readonly active: number;
  /** Requests so far. */
  readonly requests: number;
  /** Of these: answered from 500 on, or not at all. */
  readonly errors: number;
  readonly lastError: string | null;
  /** Why it fails its health checks; null = it does not. */
  readonly failedCheckBecause: string | null;
  /** Why the sidecar has taken it out itself; null = it has not. */
  readonly ejectedBecause: string | null;
  /** Why it would have, in shadow mode. */
  readonly wouldBeEjectedBecause: string | null;
  /** How long it stays out, or would; null = it is not. */
  readonly ejectionLeftMs: number | null;
  /** How often it was ejected, or would have been. */
  readonly ejections: number;
  /** How long it gets less than its share, as it is new or was out; null = it gets all of it. */
  readonly warmingMs: number | null;
}

/** Sorted by Service, port and address. */
export function readClusters(page: unknown): readonly ServiceEndpoints[] {
  return listOf(fieldOf(page, 'cluster_statuses'))
    .map(readCluster)
    .sort((left, right) => compare(left.service, right.service) || (left.port ?? 0) - (right.port ?? 0));
}

function readCluster(status: unknown): ServiceEndpoints {
  const cluster = textOf(fieldOf(status, 'name'));
  const endpoints = listOf(fieldOf(status, 'host_statuses')).map(readEndpoint);
  return { ...serviceOf(cluster), cluster, endpoints: endpoints.sort((a, b) => compare(a.address, b.address)) };
}

function readEndpoint(host: unknown): EndpointRow {
  const socket = fieldAt(host, 'address', 'socket_address');
  const pod = fieldOf(host, 'pod');
  const stats = new Map(
    listOf(fieldOf(host, 'stats')).map((stat) => [textOf(fieldOf(stat, 'name')), numberOf(fieldOf(stat, 'value'))]),
  );
  return {
    address: renderSocketAddress({
      host: textOf(fieldOf(socket, 'address')),
      port: numberOf(fieldOf(socket, 'port_value')),
    }),
    pod: pod === undefined ? null : `${textOf(fieldOf(pod, 'namespace'))}/${textOf(fieldOf(pod, 'name'))}`,
    health: healthOf(fieldOf(host, 'health_status')),
    active: stats.get('rq_active') ?? 0,
    requests: stats.get('rq_total') ?? 0,
    errors: stats.get('rq_error') ?? 0,
    lastError: textOf(fieldOf(host, 'last_error')) || null,
    failedCheckBecause: textOf(fieldOf(host, 'failed_check_because')) || null,
    ejectedBecause: textOf(fieldOf(host, 'ejected_because')) || null,
    wouldBeEjectedBecause: textOf(fieldOf(host, 'would_be_ejected_because')) || null,
    ejectionLeftMs:
      fieldOf(host, 'ejection_left_ms') === undefined ? null : numberOf(fieldOf(host, 'ejection_left_ms')),
    ejections: numberOf(fieldOf(host, 'ejections')),
    warmingMs: numberOf(fieldOf(host, 'warming_ms')) || null,
  };
}

function healthOf(status: unknown): string {
  if (fieldOf(status, 'failed_outlier_check') === true) return 'ejected';
  if (fieldOf(status, 'failed_active_health_check') === true) return 'failing';
  return textOf(fieldOf(status, 'eds_health_status')).toLowerCase() || 'healthy';
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
