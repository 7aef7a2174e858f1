// How the status of each kind is written: where it stands, which list it has, what an entry of it is about, and how many it may hold.
import type { Kind } from '../../kube/objects.ts';
import type { KubeResource } from '../../kube-api/kube-resource.ts';

export type StatusKind = Extract<Kind, 'GRPCRoute' | 'HTTPRoute' | 'TrafficPolicy'>;

export interface StatusForm {
  readonly resource: KubeResource;
  readonly list: 'parents' | 'ancestors';
  readonly ref: 'parentRef' | 'ancestorRef';
  /** Of the spec: what it is attached to. */
  readonly targets: 'parentRefs' | 'targetRefs';
  /** Of the entries of all controllers together. */
  readonly max: number;
  /** Why an object is not accepted that cannot be read. */
  readonly unreadable: string;
}

const ROUTE = {
  list: 'parents',
  ref: 'parentRef',
  targets: 'parentRefs',
  max: 32,
  unreadable: 'UnsupportedValue',
} as const;
const POLICY = {
  list: 'ancestors',
  ref: 'ancestorRef',
  targets: 'targetRefs',
  max: 16,
  unreadable: 'Invalid',
} as const;

/** Source: gateway.networking.k8s.io/v1, RouteStatus and PolicyStatus, RouteConditionReason and PolicyConditionReason. */
export const STATUS_FORMS: Readonly<Record<StatusKind, StatusForm>> = {
  GRPCRoute: { ...ROUTE, resource: gatewayResource('GRPCRoute', 'grpcroutes') },
  HTTPRoute: { ...ROUTE, resource: gatewayResource('HTTPRoute', 'httproutes') },
  TrafficPolicy: {
    ...POLICY,
    resource: {
      kind: 'TrafficPolicy',
      group: 'switchboard.dev',
      version: 'v1alpha1',
      plural: 'trafficpolicies',
      namespaced: true,
    },
  },
};

export function isStatusKind(kind: string): kind is StatusKind {
  return Object.hasOwn(STATUS_FORMS, kind);
}

function gatewayResource(kind: string, plural: string): KubeResource {
  return { kind, group: 'gateway.networking.k8s.io', version: 'v1', plural, namespaced: true };
}
