// The table of kinds that we read. Of a kind in several versions the first is the one to write.
import { readConfigMap, readNamespace } from './config-objects.ts';
import { readEndpointSlice, readEndpoints } from './endpoint-objects.ts';
import type { Fields } from './fields.ts';
import { readGrpcRoute } from './grpc-route.ts';
import { readHttpRoute } from './http-route.ts';
import type { Kind, KubeObject } from './objects.ts';
import { readPod } from './pod.ts';
import { readReferenceGrant } from './reference-grant.ts';
import { readService } from './service.ts';
import { readTrafficPolicy, TRAFFIC_POLICY_API_VERSION } from './traffic-policy/traffic-policy.ts';
import { readDeployment, readStatefulSet } from './workload.ts';

export interface KindRow {
  readonly kind: Kind;
  /** As it stands in `apiVersion`. */
  readonly apiVersion: string;
  /** Reports every problem through `fields`; the object counts only when there was none. */
  readonly read: (fields: Fields) => KubeObject;
}

export const KINDS: readonly KindRow[] = [
  { kind: 'ConfigMap', apiVersion: 'v1', read: readConfigMap },
  { kind: 'Deployment', apiVersion: 'apps/v1', read: readDeployment },
  { kind: 'Endpoints', apiVersion: 'v1', read: readEndpoints },
  { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', read: readEndpointSlice },
  { kind: 'GRPCRoute', apiVersion: 'gateway.networking.k8s.io/v1', read: readGrpcRoute },
  { kind: 'HTTPRoute', apiVersion: 'gateway.networking.k8s.io/v1', read: readHttpRoute },
  { kind: 'HTTPRoute', apiVersion: 'gateway.networking.k8s.io/v1beta1', read: readHttpRoute },
  { kind: 'Namespace', apiVersion: 'v1', read: readNamespace },
  { kind: 'Pod', apiVersion: 'v1', read: readPod },
  { kind: 'ReferenceGrant', apiVersion: 'gateway.networking.k8s.io/v1', read: readReferenceGrant },
  { kind: 'ReferenceGrant', apiVersion: 'gateway.networking.k8s.io/v1beta1', read: readReferenceGrant },
  { kind: 'Service', apiVersion: 'v1', read: readService },
  { kind: 'StatefulSet', apiVersion: 'apps/v1', read: readStatefulSet },
  { kind: 'TrafficPolicy', apiVersion: TRAFFIC_POLICY_API_VERSION, read: readTrafficPolicy },
];
