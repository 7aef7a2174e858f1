// What is known of one pod before it runs: identity, address, and the labels that it was made with.
import type { StringMap } from '../kube/meta.ts';
import type { PodSpec } from '../kube/pod.ts';

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its loopback address. */
  readonly ip: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly spec: PodSpec;
  /** It has a sidecar, and its variables lead calls there. */
  readonly injected: boolean;
}

/** All pods of a local mesh are on one node. */
export const NODE_NAME = 'local';
export const HOST_IP = '127.0.0.1';

/** Unique among the pods of a mesh. */
export function podId(pod: { readonly namespace: string; readonly name: string }): string {
  return `${pod.namespace}/${pod.name}`;
}
