// Names a kind of Kubernetes objects as its API does, and the paths under which it stands.

/** Source: Kubernetes API concepts, resource URIs. */
export interface KubeResource {
  readonly kind: string;
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** As it stands in paths and RBAC rules. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** One object of a resource. */
export interface KubeObjectRef {
  /** '' outside namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** As it stands in `apiVersion`. */
export function apiVersionOf({ group, version }: KubeResource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** As people name it to kubectl: `services`, `httproutes.gateway.networking.k8s.io`. */
export function resourceName({ group, plural }: KubeResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** Of all namespaces. */
export function collectionPath(resource: KubeResource): string {
  return `${groupPath(resource)}/${resource.plural}`;
}

/** Of one namespace, to create objects in. */
export function namespacePath(resource: KubeResource, namespace: string): string {
  if (!resource.namespaced) return collectionPath(resource);
  return `${groupPath(resource)}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

export function objectPath(resource: KubeResource, { namespace, name }: KubeObjectRef, subresource = ''): string {
  const below = subresource === '' ? '' : `/${subresource}`;
  return `${namespacePath(resource, namespace)}/${encodeURIComponent(name)}${below}`;
}

function groupPath(resource: KubeResource): string {
  const { group, version } = resource;
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}
