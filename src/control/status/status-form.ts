// How the status of each kind is written: where it stands, which list it has, what an entry of it is about, and how many it may hold.
import type { Kind } from '../../kube/objects.ts';
import type { KubeResource } from '../../kube-api/kube-resource.ts';
import { WATCHED_KINDS } from '../registry/kubernetes/watched-kinds.ts';

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
  GRPCRoute: { ...ROUTE, resource: resourceOf('GRPCRoute') },
  HTTPRoute: { ...ROUTE, resource: resourceOf('HTTPRoute') },
  TrafficPolicy: { ...POLICY, resource: resourceOf('TrafficPolicy') },
};

export function isStatusKind(kind: string): kind is StatusKind {
  return Object.hasOwn(STATUS_FORMS, kind);
}

/** In the version that it is written in. */
function resourceOf(kind: StatusKind): KubeResource {
  const found = WATCHED_KINDS.find((watched) => watched.kind === kind);
  if (found === undefined) throw new Error(`${kind} is not watched`);
  return found.resources[0];
}
