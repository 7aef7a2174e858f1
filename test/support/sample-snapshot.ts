// Small snapshots made by hand, as a control plane would make them for one proxy-mode view.
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../../src/model/cluster-spec.ts';
import type { EndpointSpec } from '../../src/model/endpoint-spec.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, httpChain, type SocketAddressSpec } from '../../src/model/listener-spec.ts';
import { OUTBOUND_LISTENER, outboundClusterName, proxyRouteName, serviceHost } from '../../src/model/names.ts';
import type { RouteSpec, VirtualHostSpec } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';

export interface SampleService {
  readonly name: string;
  /** Default 80. */
  readonly port?: number;
  readonly endpoints: readonly SocketAddressSpec[];
}

export interface SampleOptions {
  readonly services: readonly SampleService[];
  /** Default 127.0.0.1:15001. */
  readonly listen?: SocketAddressSpec;
}

const NAMESPACE = 'default';

export function sampleClusterName(service: string, port = 80): string {
  return outboundClusterName(port, serviceHost(service, NAMESPACE, 'cluster.local'));
}

export function sampleEndpoint(host: string, port: number): EndpointSpec {
  return { host, port, health: 'healthy', weight: 1 };
}

/** One listener, one route configuration, and for each service a cluster with its endpoints. */
export function sampleSnapshot({ services, listen = { host: '127.0.0.1', port: 15_001 } }: SampleOptions): Snapshot {
  const routeName = proxyRouteName(NAMESPACE);
  const virtualHosts = services.map(virtualHostOf);
  return {
    clusters: new Map(services.map((service) => entry(clusterOf(service)))),
    endpoints: new Map(services.map((service) => entry(assignmentOf(service)))),
    listeners: new Map([
      entry({
        name: OUTBOUND_LISTENER,
        address: listen,
        additionalAddresses: [],
        filterChains: [
          httpChain({
            statPrefix: OUTBOUND_LISTENER,
            routes: { kind: 'rds', name: routeName },
            idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
            requestHeadersTimeoutMs: 10_000,
          }),
        ],
      }),
    ]),
    routes: new Map([entry({ name: routeName, virtualHosts })]),
    names: new Map(),
  };
}

function entry<Spec extends { readonly name: string }>(spec: Spec): [string, Spec] {
  return [spec.name, spec];
}

function clusterOf(service: SampleService) {
  const name = sampleClusterName(service.name, service.port);
  return {
    name,
    discovery: { kind: 'eds' as const, serviceName: name },
    connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    loadBalancer: 'round-robin' as const,
  };
}

function assignmentOf(service: SampleService) {
  const endpoints = service.endpoints.map((address) => sampleEndpoint(address.host, address.port));
  const locality = { region: '', zone: '', subZone: '' };
  return {
    name: sampleClusterName(service.name, service.port),
    localities: [{ locality, priority: 0, weight: 1, endpoints }],
  };
}

function virtualHostOf(service: SampleService): VirtualHostSpec {
  const { name, port = 80 } = service;
  const fqdn = serviceHost(name, NAMESPACE, 'cluster.local');
  const names = [name, `${name}.${NAMESPACE}`, `${name}.${NAMESPACE}.svc`, fqdn];
  const cluster = sampleClusterName(name, port);
  const routes: RouteSpec[] = [
    { name, match: { path: { kind: 'prefix', value: '/' }, connect: true }, action: { cluster, timeoutMs: 0 } },
    { name, match: { path: { kind: 'prefix', value: '/' } }, action: { cluster, timeoutMs: 0 } },
  ];
  const domains = names.flatMap((each) => (port === 80 ? [each, `${each}:80`] : [`${each}:${port}`]));
  return { name: `${fqdn}:${port}`, domains, routes };
}
