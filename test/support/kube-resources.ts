// The resources that tests put into API servers.
import type { KubeResource } from '../../src/kube-api/kube-resource.ts';

const of = (kind: string, group: string, version: string, plural: string, namespaced = true): KubeResource => ({
  ...{ kind, group, version, plural, namespaced },
});

export const NAMESPACES = of('Namespace', '', 'v1', 'namespaces', false);
export const SERVICES = of('Service', '', 'v1', 'services');
export const PODS = of('Pod', '', 'v1', 'pods');
export const SLICES = of('EndpointSlice', 'discovery.k8s.io', 'v1', 'endpointslices');
export const HTTP_ROUTES = of('HTTPRoute', 'gateway.networking.k8s.io', 'v1', 'httproutes');
export const GRPC_ROUTES = of('GRPCRoute', 'gateway.networking.k8s.io', 'v1', 'grpcroutes');
export const REFERENCE_GRANTS = of('ReferenceGrant', 'gateway.networking.k8s.io', 'v1', 'referencegrants');
export const TRAFFIC_POLICIES = of('TrafficPolicy', 'switchboard.dev', 'v1alpha1', 'trafficpolicies');
