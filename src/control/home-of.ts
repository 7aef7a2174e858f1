// The Service that a sidecar's own pod is behind: for zone-aware routing, its pods are the callers who share the load.
import type { Located } from '../kube/meta.ts';
import type { Service } from '../kube/service.ts';
import { portRouteName, serviceHost } from '../model/names.ts';
import { routablePorts } from './translate/service-ports.ts';

/**
 * The port's name (`portRouteName`), or null where no Service with a TCP port selects the pod. Of several `services`, all of which do, the one that
 * asks for the fewest labels, whose pods are the most; of equals the first by name.
 */
export function homeOf(services: readonly Located<Service>[], clusterDomain: string): string | null {
  let home: string | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const service of services) {
    const { metadata, spec } = service.object;
    const labels = Object.keys(spec.selector ?? {}).length;
    const [first] = routablePorts(service).ports;
    if (first === undefined || labels >= fewest) continue;
    fewest = labels;
    home = portRouteName(first.port.port, serviceHost(metadata.name, metadata.namespace, clusterDomain));
  }
  return home;
}
