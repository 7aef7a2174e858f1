// The union of all objects that we read, and how one is named.
import type { ConfigMap, Namespace } from './config-objects.ts';
import type { EndpointSlice, Endpoints } from './endpoint-objects.ts';
import type { GrpcRoute } from './grpc-route.ts';
import type { HttpRoute } from './http-route.ts';
import type { Pod } from './pod.ts';
import type { ReferenceGrant } from './reference-grant.ts';
import type { Service } from './service.ts';
import type { TrafficPolicy } from './traffic-policy/traffic-policy.ts';
import type { Deployment, StatefulSet } from './workload.ts';

/** Told apart by `kind`. The shape is Kubernetes' own, so that written as YAML they are manifests again. */
export type KubeObject =
  | ConfigMap
  | Deployment
  | Endpoints
  | EndpointSlice
  | GrpcRoute
  | HttpRoute
  | Namespace
  | Pod
  | ReferenceGrant
  | Service
  | StatefulSet
  | TrafficPolicy;

export type Kind = KubeObject['kind'];

export type ObjectOf<K extends Kind> = Extract<KubeObject, { readonly kind: K }>;

/** What makes an object the same over time. */
export interface ObjectKey {
  readonly kind: Kind;
  /** '' for kinds outside namespaces. */
  readonly namespace: string;
  readonly name: string;
}

export function keyOf(object: KubeObject): ObjectKey {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

/** One text per key: `Service default/my-api`. */
export function renderKey({ kind, namespace, name }: ObjectKey): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
