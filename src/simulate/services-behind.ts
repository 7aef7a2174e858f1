// Which Services requests to a name may end up at, as the control plane understands the manifests.
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Service } from '../kube/service.ts';
import { DEFAULT_CLUSTER_DOMAIN, outboundClusterName, serviceHost } from '../model/names.ts';
import { clustersOf } from '../model/route-spec.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { SimulatedMesh } from './simulated-mesh.ts';
import { VirtualClock } from './virtual-clock.ts';

/** `service` first, then those that its routes lead to. `objects`: without pods. */
export function servicesBehind(
  objects: readonly Located<KubeObject>[],
  service: Service,
): readonly [Service, ...(readonly Service[])] {
  const { namespace } = service.metadata;
  const mesh = new SimulatedMesh({
    ...{ clock: new VirtualClock(), objects, namespace, propagationMs: 0, apply: () => {} },
  });
  mesh.start([]);
  const clusters = mesh.snapshot === null ? new Set<string>() : clustersBehind(mesh.snapshot, service);
  mesh.close();
  const others = objects.flatMap(({ object }) => (object.kind === 'Service' && object !== service ? [object] : []));
  return [service, ...others.filter((other) => clusterNames(other).some((name) => clusters.has(name)))];
}

function clustersBehind({ routes }: Snapshot, { metadata, spec }: Service): ReadonlySet<string> {
  const domains = spec.ports.map(({ port }) => `${metadata.name}.${metadata.namespace}:${port}`);
  const hosts = [...routes.values()].flatMap(({ virtualHosts }) => virtualHosts);
  const own = hosts.filter((host) => domains.some((domain) => host.domains.includes(domain)));
  return new Set(own.flatMap((host) => host.routes.flatMap(clustersOf)));
}

function clusterNames({ metadata, spec }: Service): readonly string[] {
  const host = serviceHost(metadata.name, metadata.namespace, DEFAULT_CLUSTER_DOMAIN);
  return spec.ports.map(({ port }) => outboundClusterName(port, host));
}
