// Names of clusters as people know them: the Service and its port.
import { numberOf } from './json-value.ts';

export interface ServicePort {
  /** `my-api-service.default`, or the cluster's name where it is not a Service's. */
  readonly service: string;
  /** Null where it is not a Service's. */
  readonly port: number | null;
}

/** `outbound|80|my-api-service.default.svc.cluster.local`; other meshes put a subset between port and host. */
export function serviceOf(cluster: string): ServicePort {
  const parts = cluster.split('|');
  const host = parts.at(-1) ?? '';
  const end = host.lastIndexOf('.svc.');
  if (parts[0] !== 'outbound' || parts.length < 3 || end < 0) return { service: cluster, port: null };
  return { service: host.slice(0, end), port: numberOf(parts[1]) };
}

/** `my-api-service.default:80`. */
export function renderServicePort({ service, port }: ServicePort): string {
  return port === null ? service : `${service}:${port}`;
}
