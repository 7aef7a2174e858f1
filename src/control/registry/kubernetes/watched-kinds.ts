// The kinds that the Kubernetes registry watches, and what of each is kept.

import { isMapping } from '../../../kube/fields.ts';
import type { Kind } from '../../../kube/objects.ts';
import { TRAFFIC_POLICY_API_VERSION } from '../../../kube/traffic-policy/traffic-policy.ts';
import type { KubeValue } from '../../../kube-api/kube-client.ts';
import type { KubeResource } from '../../../kube-api/kube-resource.ts';

export interface WatchedKind {
  readonly kind: Kind;
  /** The newest first; where the server has not the first, the next is asked for. */
  readonly resources: readonly [KubeResource, ...KubeResource[]];
  /** What is kept of an object beside its metadata. The rest is dropped before anybody holds it. */
  readonly keep: (object: KubeValue) => KubeValue;
}

const GATEWAY = 'gateway.networking.k8s.io';

/**
 * Not among them: Endpoints, which Kubernetes mirrors into EndpointSlices; workloads, which only tell why a selector finds nothing, and the
 * API server's slices count instead of selectors; Nodes, since slices tell the zone.
 */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  watched('Namespace', [{ ...core('Namespace', 'namespaces'), namespaced: false }], () => ({})),
  watched('Service', [core('Service', 'services')], spec),
  watched('EndpointSlice', [of('EndpointSlice', 'discovery.k8s.io', 'v1', 'endpointslices')], slice),
  watched('Pod', [core('Pod', 'pods')], pod),
  watched('HTTPRoute', [gateway('HTTPRoute', 'v1', 'httproutes'), gateway('HTTPRoute', 'v1beta1', 'httproutes')], spec),
  watched('GRPCRoute', [gateway('GRPCRoute', 'v1', 'grpcroutes')], spec),
  watched(
    'ReferenceGrant',
    [gateway('ReferenceGrant', 'v1', 'referencegrants'), gateway('ReferenceGrant', 'v1beta1', 'referencegrants')],
    spec,
  ),
  watched('TrafficPolicy', [of('TrafficPolicy', ...policyVersion(), 'trafficpolicies')], spec),
];

function watched(kind: Kind, resources: WatchedKind['resources'], keep: (object: KubeValue) => KubeValue): WatchedKind {
  return { kind, resources, keep };
}

function of(kind: string, group: string, version: string, plural: string): KubeResource {
  return { kind, group, version, plural, namespaced: true };
}

function core(kind: string, plural: string): KubeResource {
  return of(kind, '', 'v1', plural);
}

function gateway(kind: string, version: string, plural: string): KubeResource {
  return of(kind, GATEWAY, version, plural);
}

function policyVersion(): [group: string, version: string] {
  const [group = '', version = ''] = TRAFFIC_POLICY_API_VERSION.split('/');
  return [group, version];
}

function spec(object: KubeValue): KubeValue {
  return pick(object, ['spec']);
}

function slice(object: KubeValue): KubeValue {
  return pick(object, ['addressType', 'endpoints', 'ports']);
}

/** Containers, volumes and most of the status are the larger part of a Pod, and nothing here depends on them. */
function pod(object: KubeValue): KubeValue {
  const status = mapOf(object, 'status');
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const ready = conditions.filter((condition) => isMapping(condition) && condition['type'] === 'Ready');
  return {
    spec: pick(mapOf(object, 'spec'), ['nodeName', 'serviceAccountName', 'hostname', 'subdomain']),
    status: {
      ...pick(status, ['phase', 'podIP', 'podIPs']),
      conditions: ready.map((condition) => pick(condition, ['type', 'status'])),
    },
  };
}

export function mapOf(object: KubeValue, key: string): KubeValue {
  const value = object[key];
  return isMapping(value) ? value : {};
}

export function pick(object: KubeValue, keys: readonly string[]): KubeValue {
  return Object.fromEntries(keys.flatMap((key) => (object[key] === undefined ? [] : [[key, object[key]]])));
}
