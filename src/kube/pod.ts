// The Pod: one instance of an app, with its containers, address and condition.
import { type Container, readContainer } from './container.ts';
import { COUNT_RANGE, type Fields, withoutUndefined } from './fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from './meta.ts';

/** Set by Kubernetes from the node; the label is copied to the pod since 1.35. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Source: v1.Pod. */
export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly nodeName?: string;
  readonly serviceAccountName: string;
  /** With `subdomain`, the pod's own name in a headless Service. */
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly restartPolicy: RestartPolicy;
  /** Default 30; 0 = kill at once. */
  readonly terminationGracePeriodSeconds: number;
}

export const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** One of the sources is set; both absent = a kind of volume that we do not use. */
export interface Volume {
  readonly name: string;
  readonly configMap?: ConfigMapVolume;
  readonly emptyDir?: Readonly<Record<string, never>>;
}

export interface ConfigMapVolume {
  readonly name: string;
  /** Empty = every key under its own name. */
  readonly items: readonly { readonly key: string; readonly path: string }[];
  readonly optional: boolean;
}

/** What was observed; every field is absent until it is known. */
export interface PodStatus {
  readonly phase?: PodPhase;
  readonly podIP?: string;
  readonly podIPs: readonly { readonly ip: string }[];
  readonly hostIP?: string;
  readonly conditions: readonly PodCondition[];
  readonly containerStatuses: readonly ContainerStatus[];
  /** RFC 3339. */
  readonly startTime?: string;
}

export const POD_PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;
export type PodPhase = (typeof POD_PHASES)[number];

export interface PodCondition {
  /** `Ready`, `ContainersReady`, `PodScheduled`, … */
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** RFC 3339. */
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
}

/** The `Ready` condition: its readiness probes have passed. */
export function isPodReady(pod: Pod): boolean {
  return pod.status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** It has ended and will not run again. */
export function isPodFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

export function readPod(fields: Fields): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: readPodSpec(fields.requiredMap('spec')),
    status: readPodStatus(fields.map('status')),
  };
}

/** A pod without containers is legal here: a state folder may hold the status alone. */
export function readPodSpec(fields: Fields | undefined): PodSpec {
  return withoutUndefined({
    containers: fields?.list('containers', readContainer) ?? [],
    initContainers: fields?.list('initContainers', readContainer) ?? [],
    volumes: fields?.list('volumes', readVolume) ?? [],
    nodeName: fields?.text('nodeName'),
    serviceAccountName: fields?.text('serviceAccountName') ?? 'default',
    hostname: fields?.text('hostname'),
    subdomain: fields?.text('subdomain'),
    restartPolicy: fields?.oneOf('restartPolicy', RESTART_POLICIES) ?? 'Always',
    terminationGracePeriodSeconds: fields?.integer('terminationGracePeriodSeconds', COUNT_RANGE) ?? 30,
  });
}

function readVolume(fields: Fields): Volume {
  const configMap = fields.map('configMap');
  return withoutUndefined({
    name: fields.requiredText('name'),
    configMap: configMap === undefined ? undefined : readConfigMapVolume(configMap),
    emptyDir: fields.map('emptyDir') === undefined ? undefined : {},
  });
}

function readConfigMapVolume(fields: Fields): ConfigMapVolume {
  return {
    name: fields.requiredText('name'),
    items: fields.list('items', (item) => ({ key: item.requiredText('key'), path: item.requiredText('path') })),
    optional: fields.flag('optional') ?? false,
  };
}

function readPodStatus(fields: Fields | undefined): PodStatus {
  return withoutUndefined({
    phase: fields?.oneOf('phase', POD_PHASES),
    podIP: fields?.text('podIP'),
    podIPs: fields?.list('podIPs', (item) => ({ ip: item.requiredText('ip') })) ?? [],
    hostIP: fields?.text('hostIP'),
    conditions: fields?.list('conditions', readCondition) ?? [],
    containerStatuses: fields?.list('containerStatuses', readContainerStatus) ?? [],
    startTime: fields?.text('startTime'),
  });
}

function readCondition(fields: Fields): PodCondition {
  return withoutUndefined({
    type: fields.requiredText('type'),
    status: fields.oneOf('status', ['True', 'False', 'Unknown']) ?? 'Unknown',
    lastTransitionTime: fields.text('lastTransitionTime'),
    reason: fields.text('reason'),
    message: fields.text('message'),
  });
}

function readContainerStatus(fields: Fields): ContainerStatus {
  return {
    name: fields.requiredText('name'),
    ready: fields.flag('ready') ?? false,
    restartCount: fields.integer('restartCount', COUNT_RANGE) ?? 0,
  };
}
