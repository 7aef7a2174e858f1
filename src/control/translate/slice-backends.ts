// Backends that EndpointSlices name, of a controller or written by hand.
import { isIP } from 'node:net';
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import type { EndpointConditions, EndpointSlice, ObjectReference, SliceEndpoint } from '../../kube/endpoint-objects.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service, ServicePort } from '../../kube/service.ts';
import type { PodIdentity } from '../../model/endpoint-spec.ts';
import { primaryFamily } from './address-family.ts';
import { type Backend, type Conditions, healthOf } from './backend.ts';

/** Of a dual-stack Service's slices those of its primary family, as long as there are any: they tell of the same pods. */
export function usedSlices(
  service: Service,
  slices: readonly Located<EndpointSlice>[],
): readonly Located<EndpointSlice>[] {
  const primary = primaryFamily(service) === 6 ? 'IPv6' : 'IPv4';
  const preferred = slices.filter(({ object }) => object.addressType === primary);
  return preferred.length > 0 ? preferred : slices.filter(({ object }) => object.addressType !== 'FQDN');
}

export function sliceBackends(
  service: Service,
  servicePort: ServicePort,
  slices: readonly Located<EndpointSlice>[],
): Backend[] {
  return usedSlices(service, slices).flatMap(({ object: slice }) => {
    const port = portIn(slice, servicePort);
    if (port === null) return [];
    return slice.endpoints.flatMap((endpoint) => sliceBackend(slice, endpoint, port, service) ?? []);
  });
}

function portIn(slice: EndpointSlice, servicePort: ServicePort): number | null {
  const found = slice.ports.find((port) => port.protocol === 'TCP' && port.name === (servicePort.name ?? ''));
  return found?.port ?? null;
}

function sliceBackend(slice: EndpointSlice, endpoint: SliceEndpoint, port: number, service: Service): Backend | null {
  const host = endpoint.addresses[0] ?? '';
  if (!isAddressOf(slice, host)) return null;
  const pod = podOf(endpoint.targetRef, slice.metadata.namespace);
  return {
    host,
    port,
    health: healthOf(withDefaults(endpoint.conditions), service.spec.publishNotReadyAddresses),
    zone: endpoint.zone ?? '',
    node: endpoint.nodeName ?? '',
    ...(endpoint.forZones === undefined ? {} : { forZones: endpoint.forZones }),
    hostname: endpoint.hostname ?? '',
    ...(pod === null ? {} : { pod }),
  };
}

/** Source: EndpointConditions of discovery.k8s.io/v1: unknown counts as ready, and as serving where it is ready. */
export function withDefaults({ ready = true, serving = ready, terminating = false }: EndpointConditions): Conditions {
  return { ready, serving, terminating };
}

/** Null where it names no Pod. */
export function podOf(reference: ObjectReference | undefined, namespace: string): PodIdentity | null {
  if (reference?.kind !== 'Pod' || reference.name === undefined) return null;
  return { namespace: reference.namespace ?? namespace, name: reference.name, uid: reference.uid ?? '' };
}

function isAddressOf(slice: EndpointSlice, address: string): boolean {
  return isIP(address) === (slice.addressType === 'IPv6' ? 6 : 4);
}

/** What a person may have got wrong in slices written by hand. */
export function checkSlices(slices: readonly Located<EndpointSlice>[]): Issue[] {
  return slices.flatMap((located) => {
    const { object: slice } = located;
    if (slice.addressType !== 'FQDN')
      return slice.endpoints.flatMap((one, index) => checkEndpoint(located, one, index));
    const remedy = 'write IPv4 or IPv6 addresses';
    return [warningIssue('host names as endpoints are not routed yet', { ...placeOf(located, 'addressType'), remedy })];
  });
}

function checkEndpoint(located: Located<EndpointSlice>, endpoint: SliceEndpoint, index: number): Issue[] {
  const place = (at: number) => placeOf(located, `endpoints[${index}].addresses[${at}]`);
  const [first = '', second] = endpoint.addresses;
  if (!isAddressOf(located.object, first)) {
    const message = `"${first}" is no ${located.object.addressType} address; the endpoint is left out`;
    return [errorIssue(message, { ...place(0), remedy: 'write an address of the type that addressType names' })];
  }
  if (second === undefined) return [];
  const remedy = 'give each address an endpoint of its own';
  return [warningIssue('only the first address of an endpoint counts, as in Kubernetes', { ...place(1), remedy })];
}
