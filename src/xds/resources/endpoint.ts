// EDS: LoadAssignmentSpec ↔ envoy.config.endpoint.v3.ClusterLoadAssignment.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  DEFAULT_OVERPROVISIONING_FACTOR,
  type EndpointSpec,
  type LoadAssignmentSpec,
  type LocalityEndpointsSpec,
} from '../../model/endpoint-spec.ts';
import type { LbEndpoint, LocalityLbEndpoints } from '../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import {
  type ClusterLoadAssignment,
  type ClusterLoadAssignment_Policy,
  ClusterLoadAssignmentSchema,
} from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { decodeAddress, encodeAddress, type HostKind } from './address.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';
import { decodeResource } from './decode-resource.ts';
import { decodeEndpointCheck, encodeEndpointCheck } from './endpoint-check.ts';
import { decodeHealth, HEALTH_TO_WIRE } from './endpoint-health.ts';
import { decodeEndpointMetadata, encodeEndpointMetadata } from './endpoint-metadata.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';

/** UINT32_MAX: the weights of one priority may not add up to more (Envoy's limit). */
const MAX_WEIGHT_SUM = 4_294_967_295;

export const ENDPOINT_TYPE: ResourceType<LoadAssignmentSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${ClusterLoadAssignmentSchema.typeName}`,
  shortName: 'EDS',
  noun: 'load assignment',
  wildcard: false,
  refersTo: null,
  warms: false,
  specs: (snapshot) => snapshot.endpoints,
  toChanges: (changes) => ({ endpoints: changes }),
  name: (spec) => spec.name,
  references: () => [],
  encode: (spec) =>
    toBinary(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, encodeLoadAssignment(spec))),
  decode: (bytes) =>
    decodeResource(
      {
        schema: ClusterLoadAssignmentSchema,
        noun: 'load assignment',
        nameOf: (message) => message.clusterName,
        build: (message, context) => decodeLoadAssignment(message, context, ''),
      },
      bytes,
    ),
};

type AssignmentInit = MessageInitShape<typeof ClusterLoadAssignmentSchema>;

export function encodeLoadAssignment(spec: LoadAssignmentSpec): AssignmentInit {
  return {
    clusterName: spec.name,
    ...(spec.overprovisioningFactor === undefined
      ? {}
      : { policy: { overprovisioningFactor: spec.overprovisioningFactor } }),
    endpoints: spec.localities.map((locality) => ({
      locality: { ...locality.locality },
      priority: locality.priority,
      ...(locality.weight === 0 ? {} : { loadBalancingWeight: locality.weight }),
      lbEndpoints: locality.endpoints.map(encodeEndpoint),
    })),
  };
}

function encodeEndpoint(spec: EndpointSpec) {
  const filterMetadata = encodeEndpointMetadata(spec);
  const { hostname = '' } = spec;
  const value = { address: encodeAddress(spec), hostname, ...encodeEndpointCheck(spec.check) };
  return {
    hostIdentifier: { case: 'endpoint' as const, value },
    healthStatus: HEALTH_TO_WIRE[spec.health],
    loadBalancingWeight: spec.weight,
    ...(filterMetadata === null ? {} : { metadata: { filterMetadata } }),
  };
}

/** `path` is where the message stands in its resource: '' for a resource of its own. */
export function decodeLoadAssignment(
  message: ClusterLoadAssignment,
  context: DecodeContext,
  path: string,
  hosts: HostKind = 'ip',
): LoadAssignmentSpec {
  const prefix = path === '' ? 'endpoints' : `${path}.endpoints`;
  const localities = message.endpoints.map((locality, i) =>
    decodeLocality(locality, context, `${prefix}[${i}]`, hosts),
  );
  checkPriorities(localities, context, prefix);
  return { name: message.clusterName, localities, ...decodePolicy(message.policy, context, joinPath(path, 'policy')) };
}

function decodePolicy(
  policy: ClusterLoadAssignment_Policy | undefined,
  context: DecodeContext,
  path: string,
): Pick<LoadAssignmentSpec, 'overprovisioningFactor'> {
  const factor = policy?.overprovisioningFactor;
  if (factor === undefined) return {};
  if (factor === 0) context.refuse(`${path}.overprovisioning_factor`, 'is 0', 'give at least 1, or leave it out');
  return factor === DEFAULT_OVERPROVISIONING_FACTOR ? {} : { overprovisioningFactor: factor };
}

/** Priorities count up from 0 without a gap, and the weights of each add up to what fits 32 bits (Envoy's rules). */
function checkPriorities(localities: readonly LocalityEndpointsSpec[], context: DecodeContext, path: string): void {
  const sums = new Map<number, number>();
  for (const { priority, weight } of localities) sums.set(priority, (sums.get(priority) ?? 0) + weight);
  for (const [priority, sum] of sums) {
    if (priority > 0 && !sums.has(priority - 1)) {
      context.refuse(
        path,
        `has priority ${priority} but none of ${priority - 1}`,
        'number priorities from 0 without gaps',
      );
    }
    if (sum > MAX_WEIGHT_SUM)
      context.refuse(path, `weights of priority ${priority} add up to ${sum}`, 'use smaller ones');
  }
}

function decodeLocality(
  message: LocalityLbEndpoints,
  context: DecodeContext,
  path: string,
  hosts: HostKind,
): LocalityEndpointsSpec {
  const { region = '', zone = '', subZone = '' } = message.locality ?? {};
  return {
    locality: { region, zone, subZone },
    priority: message.priority,
    // Unlike that of an endpoint it does not count as 1 where it is absent.
    weight: message.loadBalancingWeight === undefined ? 0 : decodeWeight(message.loadBalancingWeight, context, path),
    endpoints: message.lbEndpoints.map((endpoint, i) =>
      decodeEndpoint(endpoint, context, `${path}.lb_endpoints[${i}]`, hosts),
    ),
  };
}

function decodeEndpoint(message: LbEndpoint, context: DecodeContext, path: string, hosts: HostKind): EndpointSpec {
  const endpoint = message.hostIdentifier.case === 'endpoint' ? message.hostIdentifier.value : undefined;
  const hostname = endpoint?.hostname ?? '';
  return {
    ...decodeAddress(endpoint?.address, 1, context, `${path}.endpoint.address`, hosts),
    health: decodeHealth(message.healthStatus),
    weight: decodeWeight(message.loadBalancingWeight, context, path),
    ...(hostname === '' ? {} : { hostname }),
    ...decodeEndpointCheck(endpoint?.healthCheckConfig, context, `${path}.endpoint.health_check_config`),
    ...decodeEndpointMetadata(message.metadata?.filterMetadata ?? {}),
  };
}

function decodeWeight(weight: number | undefined, context: DecodeContext, path: string): number {
  if (weight === 0) context.refuse(`${path}.load_balancing_weight`, 'is 0', 'give at least 1, or leave it out');
  return weight ?? 1;
}

/** A status that this build does not know is one more reason not to send requests there. */
