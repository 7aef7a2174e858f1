// Small bootstrap files for tests, made of parts, and the one of the benches.
import { readFileSync } from 'node:fs';
import { fillTemplate } from '../../bench/contenders/bootstrap-file.ts';

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

export function loadAssignment(name: string, addresses: readonly (readonly [string, number])[]): object {
  const endpoints = addresses.map(([host, port]) => ({ endpoint: { address: socketAddress(host, port) } }));
  return { cluster_name: name, endpoints: [{ lb_endpoints: endpoints }] };
}

/** The last of the HTTP filters. */
export const ROUTER = {
  name: 'router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

/** A listener on a port of 127.0.0.1; `manager` has at least its routes. */
export function listenerOf(name: string, port: number, manager: object): object {
  const typedConfig = { '@type': `type.googleapis.com/${HCM}`, stat_prefix: name, http_filters: [ROUTER], ...manager };
  const filters = [{ name: 'hcm', typed_config: typedConfig }];
  return { name, address: socketAddress('127.0.0.1', port), filter_chains: [{ filters }] };
}

/** Everything to one cluster. */
export function routesTo(cluster: string): object {
  const routes = [{ match: { prefix: '/' }, route: { cluster } }];
  return { route_config: { name: cluster, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] } };
}

const BENCH_FILE = new URL('../../bench/envoy-http.yaml', import.meta.url);

/**
 * The file that the benches give to Envoy and to our sidecar, equipped, but for its access log: with retries and outlier detection. Port 0 =
 * the system chooses; three upstreams.
 */
export function benchBootstrap(listenPort: number, upstreamPorts: readonly number[]): string {
  const lines = readFileSync(BENCH_FILE, 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.includes('#equipped access_log:'));
  const length = lines.slice(begin).findIndex((line) => !line.includes('#equipped'));
  if (begin < 0) throw new Error('the file of the benches has no access log any more');
  // With the comment above it.
  lines.splice(begin - 1, length + 1);
  return fillTemplate(lines.join('\n'), { set: 'equipped', listenPort, upstreamPorts, accessLog: '' });
}
