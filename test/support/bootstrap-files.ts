// Small bootstrap files for tests, made of parts.
const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

export function loadAssignment(name: string, addresses: readonly (readonly [string, number])[]): object {
  const endpoints = addresses.map(([host, port]) => ({ endpoint: { address: socketAddress(host, port) } }));
  return { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] };
}

/** A listener on a port of 127.0.0.1; `manager` has at least its routes. */
export function listenerOf(name: string, port: number, manager: object): object {
  const type = 'envoy.extensions.filters.http.router.v3.Router';
  const router = { name: 'router', typed_config: { '@type': `type.googleapis.com/${type}` } };
  const typedConfig = { '@type': `type.googleapis.com/${HCM}`, stat_prefix: name, http_filters: [router], ...manager };
  const filters = [{ name: 'hcm', typed_config: typedConfig }];
  return { name, address: socketAddress('127.0.0.1', port), filter_chains: [{ filters }] };
}

/** Everything to one cluster. */
export function routesTo(cluster: string): object {
  const routes = [{ match: { prefix: '/' }, route: { cluster } }];
  return { route_config: { name: cluster, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] } };
}
