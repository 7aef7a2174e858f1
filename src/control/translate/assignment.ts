// Backends as the endpoints of a cluster, grouped by zone.
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../../model/cluster-spec.ts';
import type { EndpointSpec, LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import { type Backend, compare } from './backend.ts';
import { areHinted } from './service-locality.ts';
import type { PortProtocol } from './service-protocol.ts';
import type { ServiceTraffic } from './service-traffic.ts';

/** Pods that go away keep the sessions that they have for as long as they serve: what Envoys are told; our own sidecars do so unasked. */
const SESSION_HEALTHS = ['healthy', 'degraded', 'draining'] as const;

/** `backends` are merged already. Those that are not ready are left out; zones come in the order of their names. */
export function assignmentOf(
  name: string,
  backends: readonly Backend[],
  { balancing }: ServiceTraffic,
): LoadAssignmentSpec {
  const { locality } = balancing ?? {};
  const tiers = locality?.kind === 'nearest' ? locality.tiers : [];
  const told = {
    node: tiers.includes('node'),
    hints: tiers.includes('zone') && areHinted(backends),
  };
  const zones = new Map<string, EndpointSpec[]>();
  for (const backend of backends) {
    if (backend.health === 'unhealthy') continue;
    const endpoints = zones.get(backend.zone) ?? [];
    endpoints.push(endpointOf(backend, told));
    zones.set(backend.zone, endpoints);
  }
  const sorted = [...zones].sort(([left], [right]) => compare(left, right));
  return {
    name,
    localities: sorted.map(([zone, endpoints]) => ({
      locality: { region: '', zone, subZone: '' },
      priority: 0,
      // In proportion to its endpoints, so that each of them gets the same share.
      weight: endpoints.length,
      endpoints,
    })),
  };
}

/** What callers need to know is told, and no more: most Services say nothing of places. */
interface Told {
  readonly node: boolean;
  readonly hints: boolean;
}

function endpointOf({ host, port, health, pod, node, forZones, leaving }: Backend, told: Told): EndpointSpec {
  return {
    ...{ host, port, health, weight: 1 },
    ...(pod === undefined ? {} : { pod }),
    ...(told.node && node !== '' ? { node } : {}),
    ...(told.hints && forZones !== undefined ? { forZones } : {}),
    ...(leaving === undefined ? {} : { leaving }),
  };
}

/** `keepsSessions`: routes that lead to it do. */
export function clusterOf(
  name: string,
  protocol: PortProtocol,
  traffic: ServiceTraffic,
  keepsSessions: boolean,
): ClusterSpec {
  const { loadBalancer, balancing, outlierDetection, healthCheck, circuitBreakers, clientAffinity } = traffic;
  const { connections } = traffic;
  return {
    name,
    discovery: { kind: 'eds', serviceName: name },
    connectTimeoutMs: traffic.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    ...protocol,
    ...(connections === undefined ? {} : { connections }),
    loadBalancer,
    ...(balancing === undefined ? {} : { balancing }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    // Kubernetes knows who is gone: that a pod still answers while it ends is no reason to go on using it.
    ...(healthCheck === undefined ? {} : { healthCheck, removesHealthy: true }),
    ...(circuitBreakers === undefined ? {} : { circuitBreakers }),
    ...(keepsSessions ? { sessionHealths: SESSION_HEALTHS } : {}),
    ...(clientAffinity === undefined ? {} : { clientAffinity }),
  };
}
