// Backends that the older Endpoints name.
import { isIP } from 'node:net';
import { errorIssue, type Issue } from '../../base/result.ts';
import type { EndpointAddress, EndpointSubset, Endpoints } from '../../kube/endpoint-objects.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service, ServicePort } from '../../kube/service.ts';
import { type Backend, healthOf } from './backend.ts';
import { podOf } from './slice-backends.ts';

export function endpointsBackends(service: Service, servicePort: ServicePort, endpoints: Endpoints): Backend[] {
  return endpoints.subsets.flatMap((subset) => {
    const port = portIn(subset, servicePort);
    if (port === null) return [];
    const toBackend = (address: EndpointAddress, ready: boolean) => backendOf(address, ready, port, service);
    return [
      ...subset.addresses.flatMap((address) => toBackend(address, true) ?? []),
      ...subset.notReadyAddresses.flatMap((address) => toBackend(address, false) ?? []),
    ];
  });
}

function portIn(subset: EndpointSubset, servicePort: ServicePort): number | null {
  const found = subset.ports.find((port) => port.protocol === 'TCP' && port.name === (servicePort.name ?? ''));
  return found?.port ?? null;
}

function backendOf(address: EndpointAddress, ready: boolean, port: number, service: Service): Backend | null {
  if (isIP(address.ip) === 0) return null;
  const pod = podOf(address.targetRef, service.metadata.namespace);
  return {
    host: address.ip,
    port,
    health: healthOf({ ready, serving: ready, terminating: false }, service.spec.publishNotReadyAddresses),
    zone: '',
    node: address.nodeName ?? '',
    hostname: address.hostname ?? '',
    ...(pod === null ? {} : { pod }),
  };
}

export function checkEndpoints(located: Located<Endpoints>): Issue[] {
  return located.object.subsets.flatMap((subset, at) => [
    ...checkAddresses(located, subset.addresses, `subsets[${at}].addresses`),
    ...checkAddresses(located, subset.notReadyAddresses, `subsets[${at}].notReadyAddresses`),
  ]);
}

function checkAddresses(located: Located<Endpoints>, addresses: readonly EndpointAddress[], path: string): Issue[] {
  return addresses.flatMap(({ ip }, index) => {
    if (isIP(ip) !== 0) return [];
    const place = placeOf(located, `${path}[${index}].ip`);
    return [
      errorIssue(`"${ip}" is no IP address; it is left out`, { ...place, remedy: 'write an IPv4 or IPv6 address' }),
    ];
  });
}
