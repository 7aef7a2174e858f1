// The names that the control plane and the sidecar agree on: clusters, routes, hosts.

export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';

/** A Service's fully qualified host name. */
export function serviceHost(service: string, namespace: string, clusterDomain: string): string {
  return `${service}.${namespace}.svc.${clusterDomain}`;
}

/** `outbound|<port>|<host>`: the cluster of one Service port, or of one pod of a headless Service. */
export function outboundClusterName(port: number, host: string): string {
  return `outbound|${port}|${host}`;
}

/** The host behind such a name, the same for all of its ports; another cluster is known by its whole name. */
export function serviceOfCluster(cluster: string): string {
  const [direction, port, host] = cluster.split('|');
  return direction === 'outbound' && port !== undefined && host ? host : cluster;
}

/** The route configuration of the proxy-mode listener of one namespace: it holds every name form as seen from there. */
export function proxyRouteName(namespace: string): string {
  return `proxy/${namespace}`;
}

export const OUTBOUND_LISTENER = 'outbound';

/** The cluster that goes where redirected connections were going. */
export const PASSTHROUGH_CLUSTER = 'passthrough';

/** The cluster that stands for the address of a Service port while its own cannot be asked for. */
export function passthroughClusterName(port: number, host: string): string {
  return `${PASSTHROUGH_CLUSTER}|${port}|${host}`;
}

/** The route configuration of one Service port, the same for every namespace: for sidecars that ask for what is dialled. */
export function portRouteName(port: number, host: string): string {
  return `${host}:${port}`;
}

/**
 * What a resolver in a pod of `namespace` appends to a name, in the order in which it tries: its search list, then nothing. A Service name
 * is found by any of them (services.md S3), so the same list read backwards tells every form of a full name.
 */
export function searchSuffixes(namespace: string, clusterDomain: string): readonly string[] {
  return [`.${namespace}.svc.${clusterDomain}`, `.svc.${clusterDomain}`, `.${clusterDomain}`, ''];
}

/** An authority, as callers write it, taken apart. */
export interface DialledName {
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly port: number;
  /** It had a final dot, which no address has. */
  readonly dotted: boolean;
}

/** A DNS name is no longer (RFC 1035, 2.3.4), and a port has five digits. */
const MAX_AUTHORITY_LENGTH = 260;
/** What an authority without a port means in proxy mode. */
const DEFAULT_PORT = 80;

/** `web`, `web.shop.:80`, `[fd00::1]:80`; null for what can be no name of a Service port. */
export function parseDialledName(authority: string): DialledName | null {
  if (authority.length > MAX_AUTHORITY_LENGTH) return null;
  const colon = authority.lastIndexOf(':');
  const hasPort = colon > authority.lastIndexOf(']');
  const host = (hasPort ? authority.slice(0, colon) : authority).toLowerCase();
  const digits = hasPort ? authority.slice(colon + 1) : '';
  if (host === '' || (hasPort && !/^[1-9][0-9]{0,4}$/.test(digits))) return null;
  const dotted = host.endsWith('.');
  return { name: dotted ? host.slice(0, -1) : host, port: hasPort ? Number(digits) : DEFAULT_PORT, dotted };
}
