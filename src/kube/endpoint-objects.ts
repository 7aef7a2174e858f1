// EndpointSlices and the older Endpoints: the addresses behind a Service, as a controller or a person wrote them.
import { type Fields, PORT_RANGE, withoutUndefined } from './fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from './meta.ts';
import { PROTOCOLS, type Protocol } from './service.ts';

/** The label that names an EndpointSlice's Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'] as const;
export type AddressType = (typeof ADDRESS_TYPES)[number];

/** Source: discovery.k8s.io/v1.EndpointSlice. */
export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  readonly metadata: ObjectMeta;
  readonly addressType: AddressType;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly EndpointPort[];
}

export interface SliceEndpoint {
  /** Kubernetes uses the first only. */
  readonly addresses: readonly string[];
  readonly conditions: EndpointConditions;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: ObjectReference;
  /** Names of zones (hints.forZones); absent = there is no hint. */
  readonly forZones?: readonly string[];
}

/** Absent `ready` counts as true, absent `serving` as `ready`, absent `terminating` as false. */
export interface EndpointConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export interface EndpointPort {
  /** '' where the Service's port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Absent = not known to whoever wrote it. */
  readonly port?: number;
  readonly appProtocol?: string;
}

export interface ObjectReference {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** Source: v1.Endpoints; its name is the Service's. */
export interface Endpoints {
  readonly apiVersion: 'v1';
  readonly kind: 'Endpoints';
  readonly metadata: ObjectMeta;
  readonly subsets: readonly EndpointSubset[];
}

/** Every address on every port. */
export interface EndpointSubset {
  readonly addresses: readonly EndpointAddress[];
  readonly notReadyAddresses: readonly EndpointAddress[];
  readonly ports: readonly EndpointPort[];
}

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: ObjectReference;
}

export function readEndpointSlice(fields: Fields): EndpointSlice {
  if (!fields.has('addressType')) fields.report('addressType', 'is missing', 'add IPv4 or IPv6');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    addressType: fields.oneOf('addressType', ADDRESS_TYPES) ?? 'IPv4',
    endpoints: fields.list('endpoints', readSliceEndpoint),
    ports: fields.list('ports', readEndpointPort),
  };
}

function readSliceEndpoint(fields: Fields): SliceEndpoint {
  const addresses = fields.texts('addresses') ?? [];
  if (addresses.length === 0) fields.report('addresses', 'is empty', 'add an address');
  return withoutUndefined({
    addresses,
    conditions: readConditions(fields.map('conditions')),
    hostname: fields.text('hostname'),
    nodeName: fields.text('nodeName'),
    zone: fields.text('zone'),
    targetRef: readReference(fields.map('targetRef')),
    forZones: readForZones(fields.map('hints')),
  });
}

function readForZones(hints: Fields | undefined): readonly string[] | undefined {
  if (hints?.has('forZones') !== true) return undefined;
  return hints.list('forZones', (zone) => zone.text('name') ?? '').filter((name) => name !== '');
}

function readConditions(fields: Fields | undefined): EndpointConditions {
  return withoutUndefined({
    ready: fields?.flag('ready'),
    serving: fields?.flag('serving'),
    terminating: fields?.flag('terminating'),
  });
}

export function readEndpoints(fields: Fields): Endpoints {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    subsets: fields.list('subsets', (subset) => ({
      addresses: subset.list('addresses', readEndpointAddress),
      notReadyAddresses: subset.list('notReadyAddresses', readEndpointAddress),
      ports: subset.list('ports', readEndpointPort),
    })),
  };
}

function readEndpointAddress(fields: Fields): EndpointAddress {
  return withoutUndefined({
    ip: fields.requiredText('ip'),
    hostname: fields.text('hostname'),
    nodeName: fields.text('nodeName'),
    targetRef: readReference(fields.map('targetRef')),
  });
}

function readEndpointPort(fields: Fields): EndpointPort {
  return withoutUndefined({
    name: fields.textOr('name', ''),
    protocol: fields.oneOf('protocol', PROTOCOLS) ?? 'TCP',
    port: fields.integer('port', PORT_RANGE),
    appProtocol: fields.text('appProtocol'),
  });
}

function readReference(fields: Fields | undefined): ObjectReference | undefined {
  if (fields === undefined) return undefined;
  return withoutUndefined({
    kind: fields.text('kind'),
    namespace: fields.text('namespace'),
    name: fields.text('name'),
    uid: fields.text('uid'),
  });
}
