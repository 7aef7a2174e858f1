// The mesh of the control-plane scenario: its Services and their EndpointSlices, who asks for which, and what changes when.
import type { EndpointSlice } from '../../src/kube/endpoint-objects.ts';
import { SERVICE_NAME_LABEL } from '../../src/kube/endpoint-objects.ts';
import type { Service } from '../../src/kube/service.ts';
import { DEFAULT_CLUSTER_DOMAIN, outboundClusterName, portRouteName, serviceHost } from '../../src/model/names.ts';

export const NAMESPACES = 20;
const PORT = 80;
const POD_PORT = 8080;
/** Prime, so that successive changes concern different Services, spread over the subscribers. */
const STRIDE = 7_919;
/** The endpoint that goes and comes. */
const CHANGING = 3;

export interface MeshSize {
  readonly services: number;
  /** Of each Service; at least one is always ready. */
  readonly endpoints: number;
}

export interface Change {
  readonly service: number;
  /** Whether one endpoint stops being ready, or becomes ready again. */
  readonly kind: 'gone' | 'come';
}

/** 10.0.0.0 and up, one for each number below 16 million. */
function address(network: number, number: number): string {
  return `${network}.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

export function namespaceOf(number: number): string {
  return `ns-${number % NAMESPACES}`;
}

export function hostOf(service: number): string {
  return serviceHost(`svc-${service}`, namespaceOf(service), DEFAULT_CLUSTER_DOMAIN);
}

/** Also of its endpoints. */
export function clusterOf(service: number): string {
  return outboundClusterName(PORT, hostOf(service));
}

/** For who asks for what is dialled. */
export function routesOf(service: number): string {
  return portRouteName(PORT, hostOf(service));
}

export function serviceObject(service: number): Service {
  const metadata = { name: `svc-${service}`, namespace: namespaceOf(service), labels: {}, annotations: {} };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      type: 'ClusterIP',
      clusterIP: address(11, service + 1),
      clusterIPs: [],
      ports: [{ port: PORT, targetPort: POD_PORT, protocol: 'TCP' }],
      selector: { app: `app-${service}` },
      publishNotReadyAddresses: false,
    },
  };
}

/** As the controller of a cluster writes it. `full`: every endpoint is ready; else one is not. */
export function sliceObject(service: number, endpoints: number, full: boolean): EndpointSlice {
  const changing = Math.min(CHANGING, endpoints - 1);
  const pods = Array.from({ length: endpoints }, (_, pod) => ({
    addresses: [address(10, service * endpoints + pod + 1)],
    conditions: { ready: full || pod !== changing },
    targetRef: { kind: 'Pod', namespace: namespaceOf(service), name: `svc-${service}-${pod}` },
  }));
  return { ...emptySlice(service), endpoints: pods, ports: [{ name: '', protocol: 'TCP', port: POD_PORT }] };
}

/** A Service with one pod that really answers, on 127.0.0.1. */
export function answeringSlice(service: number, port: number): EndpointSlice {
  const pod = { addresses: ['127.0.0.1'], conditions: { ready: true } };
  return { ...emptySlice(service), endpoints: [pod], ports: [{ name: '', protocol: 'TCP', port }] };
}

function emptySlice(service: number): Omit<EndpointSlice, 'endpoints' | 'ports'> {
  const labels = { [SERVICE_NAME_LABEL]: `svc-${service}` };
  const metadata = { name: `svc-${service}-1`, namespace: namespaceOf(service), labels, annotations: {} };
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4' };
}

/** No Service changes twice, so that who tells of a Service tells of its one change. `count` is at most `services`. */
export function changesOf(count: number, services: number): readonly Change[] {
  const stride = services % STRIDE === 0 ? 1 : STRIDE;
  return Array.from({ length: count }, (_, index) => ({
    service: (index * stride) % services,
    kind: index % 2 === 0 ? 'gone' : 'come',
  }));
}

/** Every Service has the same number of subscribers, where the numbers allow. */
export function servicesOf(subscriber: number, each: number, services: number): readonly number[] {
  return Array.from({ length: Math.min(each, services) }, (_, index) => (subscriber * each + index) % services);
}
