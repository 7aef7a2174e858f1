// Finds a Service that somebody can call to see the mesh work.
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import { matchesLabels } from '../kube/selector.ts';
import type { Service } from '../kube/service.ts';

/**
 * By the name that it has for callers of `namespace`. Services that choose pods of the manifests come first, of those the
 * ones of that namespace, then the order of the manifests decides.
 */
export function findTryUrl(located: readonly Located<KubeObject>[], namespace: string): string | null {
  const objects = located.map(({ object }) => object);
  const services = objects.filter((object) => object.kind === 'Service');
  const callable = services.filter((service) => service.spec.type !== 'ExternalName' && tcpPort(service) !== null);
  const rank = (service: Service): number =>
    (objects.some((object) => choosesPodsOf(service, object)) ? 2 : 0) +
    (service.metadata.namespace === namespace ? 1 : 0);
  const service = callable.sort((a, b) => rank(b) - rank(a))[0];
  if (service === undefined) return null;
  const { name, namespace: own } = service.metadata;
  const host = own === namespace ? name : `${name}.${own}`;
  const port = tcpPort(service);
  return `http://${host}${port === 80 ? '' : `:${port}`}/data`;
}

function choosesPodsOf({ metadata, spec }: Service, object: KubeObject): boolean {
  if (spec.selector === undefined || Object.keys(spec.selector).length === 0) return false;
  if (object.kind !== 'Pod' && object.kind !== 'Deployment' && object.kind !== 'StatefulSet') return false;
  const labels = object.kind === 'Pod' ? object.metadata.labels : object.spec.template.metadata.labels;
  return object.metadata.namespace === metadata.namespace && matchesLabels(spec.selector, labels);
}

/** Port 80 where there is one. */
function tcpPort({ spec }: Service): number | null {
  const ports = spec.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  return ports.includes(80) ? 80 : (ports[0] ?? null);
}
