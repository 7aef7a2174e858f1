// What a change costs the cache beside its one resource: 1,000 Services of 10 endpoints, seen by clients of 20 namespaces.
import type { ClusterSpec } from '../../../../src/model/cluster-spec.ts';
import type { EndpointSpec, LoadAssignmentSpec } from '../../../../src/model/endpoint-spec.ts';
import { outboundClusterName } from '../../../../src/model/names.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../../src/model/snapshot.ts';
import { SnapshotCache } from '../../../../src/xds/cache/snapshot-cache.ts';
import type { MicroBench } from '../../micro-bench.ts';

const SERVICES = 1_000;
const NAMESPACES = 20;
const ENDPOINTS = 10;

function nameOf(service: number): string {
  return outboundClusterName(80, `svc-${service}.ns-${service % NAMESPACES}.svc.cluster.local`);
}

function clusterOf(service: number): ClusterSpec {
  const name = nameOf(service);
  return { name, discovery: { kind: 'eds', serviceName: name }, loadBalancer: 'round-robin', connectTimeoutMs: 5_000 };
}

function assignmentOf(service: number, port: number): LoadAssignmentSpec {
  const endpoints = Array.from({ length: ENDPOINTS }, (_, index): EndpointSpec => {
    return { host: `10.${index}.${service >> 8}.${service & 255}`, port, health: 'healthy', weight: 1 };
  });
  const locality = { region: '', zone: '', subZone: '' };
  return { name: nameOf(service), localities: [{ locality, priority: 0, weight: 1, endpoints }] };
}

function makeBed() {
  const numbers = Array.from({ length: SERVICES }, (_, service) => service);
  const clusters = new Map(numbers.map((service) => [nameOf(service), clusterOf(service)]));
  const endpoints = new Map(numbers.map((service) => [nameOf(service), assignmentOf(service, 1)]));
  const bed = { snapshot: { ...EMPTY_SNAPSHOT, clusters, endpoints } as Snapshot, told: 0, changes: 0 };
  const cache = new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor: () => bed.snapshot });
  for (let number = 0; number < NAMESPACES; number += 1) {
    cache.open({ id: `client-${number}`, namespace: `ns-${number}`, outboundAddresses: [] }, (changed) => {
      bed.told += changed.size;
    });
  }
  return { bed, cache };
}

/** Made at the first run: a bench that is not chosen costs nothing. */
let shared: ReturnType<typeof makeBed> | null = null;

export const benches: MicroBench[] = [
  {
    name: 'the endpoints of one Service change',
    run(iterations) {
      shared ??= makeBed();
      const { bed, cache } = shared;
      const before = bed.told;
      for (let i = 0; i < iterations; i += 1) {
        const endpoints = new Map(bed.snapshot.endpoints);
        const service = (i * 37) % SERVICES;
        bed.changes += 1;
        endpoints.set(nameOf(service), assignmentOf(service, 2 + (bed.changes % 60_000)));
        bed.snapshot = { ...bed.snapshot, endpoints };
        cache.refresh();
      }
      if (bed.told - before < iterations) throw new Error('the clients hear of no change');
    },
  },
];
