// The Service: one name for a set of pods.
import { COUNT_RANGE, type Fields, PORT_RANGE, withoutUndefined } from './fields.ts';
import { type ObjectMeta, readMeta, type StringMap } from './meta.ts';
import { DNS_LABEL, PORT_NAME } from './name-rule.ts';

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

export const INTERNAL_TRAFFIC_POLICIES = ['Cluster', 'Local'] as const;
export type InternalTrafficPolicy = (typeof INTERNAL_TRAFFIC_POLICIES)[number];

/** Source: v1.Service. */
export interface Service {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
}

export interface ServiceSpec {
  readonly type: ServiceType;
  /** An address, `None` (headless), or absent (not assigned yet). Not checked for being an address. */
  readonly clusterIP?: string;
  /** All of them, one per family; may be empty where `clusterIP` is set. */
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
  /** Absent or empty: the endpoints are written by hand. */
  readonly selector?: StringMap;
  readonly publishNotReadyAddresses: boolean;
  readonly externalName?: string;
  /** `Local`: callers inside the cluster reach endpoints on their own node alone. Absent = `Cluster`. */
  readonly internalTrafficPolicy?: InternalTrafficPolicy;
  /** Absent = `None`. */
  readonly sessionAffinity?: SessionAffinity;
  /** Of `ClientIP`: since a client's last connection, 1 … 86,400. */
  readonly affinitySeconds?: number;
  /** A preference; which ones there are depends on the version of Kubernetes. */
  readonly trafficDistribution?: string;
}

export const SESSION_AFFINITIES = ['None', 'ClientIP'] as const;
export type SessionAffinity = (typeof SESSION_AFFINITIES)[number];

/** Source: Kubernetes' default and limits of sessionAffinityConfig.clientIP.timeoutSeconds. */
const DEFAULT_AFFINITY_SECONDS = 10_800;
const AFFINITY_SECONDS_RANGE = { min: 1, max: 86_400 };

export interface ServicePort {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or the name of a container port, which may differ from pod to pod. Absent = `port`. */
  readonly targetPort?: number | string;
  readonly appProtocol?: string;
  readonly nodePort?: number;
}

/** `clusterIP: None`: no address of its own, DNS answers the pods. */
export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None' || service.spec.clusterIPs[0] === 'None';
}

export function readService(fields: Fields): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: readMeta(fields.requiredMap('metadata'), { namespaced: true, name: DNS_LABEL }),
    spec: readServiceSpec(fields.requiredMap('spec')),
  };
}

const EMPTY_SPEC: ServiceSpec = { type: 'ClusterIP', clusterIPs: [], ports: [], publishNotReadyAddresses: false };

function readServiceSpec(fields: Fields | undefined): ServiceSpec {
  if (fields === undefined) return EMPTY_SPEC;
  return withoutUndefined({
    type: fields.oneOf('type', SERVICE_TYPES) ?? 'ClusterIP',
    clusterIP: fields.text('clusterIP'),
    clusterIPs: fields.texts('clusterIPs') ?? [],
    ports: fields.list('ports', readServicePort),
    selector: fields.has('selector') ? fields.stringMap('selector') : undefined,
    publishNotReadyAddresses: fields.flag('publishNotReadyAddresses') ?? false,
    externalName: fields.text('externalName'),
    internalTrafficPolicy: fields.oneOf('internalTrafficPolicy', INTERNAL_TRAFFIC_POLICIES),
    sessionAffinity: fields.oneOf('sessionAffinity', SESSION_AFFINITIES),
    affinitySeconds: readAffinitySeconds(fields),
    trafficDistribution: fields.text('trafficDistribution'),
  });
}

function readAffinitySeconds(fields: Fields): number | undefined {
  const written = fields
    .map('sessionAffinityConfig')
    ?.map('clientIP')
    ?.integer('timeoutSeconds', AFFINITY_SECONDS_RANGE);
  return fields.text('sessionAffinity') === 'ClientIP' ? (written ?? DEFAULT_AFFINITY_SECONDS) : undefined;
}

function readServicePort(fields: Fields): ServicePort {
  return withoutUndefined({
    name: fields.text('name'),
    protocol: fields.oneOf('protocol', PROTOCOLS) ?? 'TCP',
    port: fields.requiredInteger('port', PORT_RANGE),
    targetPort: readTargetPort(fields),
    appProtocol: fields.text('appProtocol'),
    nodePort: fields.integer('nodePort', COUNT_RANGE),
  });
}

/** Tools that write `targetPort: 0` or '' mean none, as the API server does. */
function readTargetPort(fields: Fields): number | string | undefined {
  return fields.isBlank('targetPort') ? undefined : fields.portReference('targetPort', PORT_NAME);
}
