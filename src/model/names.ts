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

/** The route configuration of the proxy-mode listener of one namespace: it holds every name form as seen from there. */
export function proxyRouteName(namespace: string): string {
  return `proxy/${namespace}`;
}

export const OUTBOUND_LISTENER = 'outbound';
