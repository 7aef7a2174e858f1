// Finds a Service that somebody can call to see the mesh work.
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Service } from '../kube/service.ts';

/** By the name that it has for callers of `namespace`; those of that namespace first, then in the order of the manifests. */
export function findTryUrl(objects: readonly Located<KubeObject>[], namespace: string): string | null {
  const services = objects.map(({ object }) => object).filter((object) => object.kind === 'Service');
  const callable = services.filter((service) => service.spec.type !== 'ExternalName' && tcpPort(service) !== null);
  const service = callable.find(({ metadata }) => metadata.namespace === namespace) ?? callable[0];
  if (service === undefined) return null;
  const { name, namespace: own } = service.metadata;
  const host = own === namespace ? name : `${name}.${own}`;
  const port = tcpPort(service);
  return `http://${host}${port === 80 ? '' : `:${port}`}/data`;
}

/** Port 80 where there is one. */
function tcpPort({ spec }: Service): number | null {
  const ports = spec.ports.filter(({ protocol }) => protocol === 'TCP').map(({ port }) => port);
  return ports.includes(80) ? 80 : (ports[0] ?? null);
}
