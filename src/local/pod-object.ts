// What the supervisor sees of a pod, as the Kubernetes object that the control plane reads from the state folder.
import type { StringMap } from '../kube/meta.ts';
import type { PodPhase } from '../kube/pod.ts';
import { HOST_IP, NODE_NAME, type PodFacts } from './pod-facts.ts';

export interface ContainerObservation {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
}

export interface PodObservation {
  readonly phase: PodPhase;
  readonly ready: boolean;
  /** Why it is not ready, for people; '' when it is. */
  readonly reason: string;
  readonly containers: readonly ContainerObservation[];
  readonly sidecar: ContainerObservation | null;
  /** RFC 3339 times. */
  readonly createdAt: string;
  readonly readyChangedAt: string;
  /** null = it shall live on. */
  readonly terminatingSince: string | null;
}

export interface PodOwner {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly name: string;
}

/** Plain data in the shape of v1.Pod. A terminating pod keeps its Ready condition while it serves, as in Kubernetes. */
export function podObject(pod: PodFacts, owner: PodOwner | null, seen: PodObservation): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      ...(owner === null ? {} : { ownerReferences: [{ apiVersion: 'apps/v1', ...owner }] }),
      ...nonEmpty('labels', pod.labels),
      ...nonEmpty('annotations', pod.annotations),
      creationTimestamp: seen.createdAt,
      ...(seen.terminatingSince === null ? {} : { deletionTimestamp: seen.terminatingSince }),
    },
    spec: { ...pod.spec, nodeName: NODE_NAME },
    status: podStatus(pod, seen),
  };
}

function podStatus(pod: PodFacts, seen: PodObservation): object {
  return {
    phase: seen.phase,
    podIP: pod.ip,
    podIPs: [{ ip: pod.ip }],
    hostIP: HOST_IP,
    startTime: seen.createdAt,
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: seen.createdAt },
      readiness('ContainersReady', seen),
      readiness('Ready', seen),
    ],
    containerStatuses: seen.containers,
    ...(seen.sidecar === null ? {} : { initContainerStatuses: [seen.sidecar] }),
  };
}

function readiness(type: 'Ready' | 'ContainersReady', seen: PodObservation): object {
  return {
    type,
    status: seen.ready ? 'True' : 'False',
    lastTransitionTime: seen.readyChangedAt,
    ...(seen.ready ? {} : { reason: 'ContainersNotReady', message: seen.reason }),
  };
}

function nonEmpty(name: string, map: StringMap): object {
  return Object.keys(map).length === 0 ? {} : { [name]: map };
}
