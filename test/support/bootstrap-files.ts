// Bootstrap files for tests: the bench's own with ports, and small ones made of parts.
import { readFileSync } from 'node:fs';

const BENCH = new URL('../../bench/envoy-http1.yaml', import.meta.url);
const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** The file that the bench gives to Envoy; port 0 = the system chooses. */
export function benchBootstrap(listenPort: number, upstreamPorts: readonly number[]): string {
  return upstreamPorts.reduce(
    (text, port, index) => text.replace(`$UPSTREAM_PORT_${index + 1} }`, `${port} }`),
    readFileSync(BENCH, 'utf8').replace('$LISTEN_PORT }', `${listenPort} }`),
  );
}

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
