// Who a sidecar is to the control plane: node id and metadata of xDS, in plain words.
import type { SocketAddressSpec } from './listener-spec.ts';

export interface NodeIdentity {
  /** Unique among connected clients, e.g. `sidecar~10.0.0.5~client.default~default.svc.cluster.local`. */
  readonly id: string;
  readonly namespace: string;
  /** Where its outbound listener shall be, the main address first; empty = 127.0.0.1:15001. */
  readonly outboundAddresses: readonly SocketAddressSpec[];
  /** It is told the names of the mesh, and asks for the configuration of those that are dialled. */
  readonly onDemand?: boolean;
  /** The connections of its pod are redirected to it (REDIRECT of iptables). Absent = it is called as a proxy. */
  readonly interception?: 'redirect';
}

/** `sidecar~<pod IP>~<pod>.<namespace>~<namespace>.svc.<cluster domain>` (contract.md, On the wire). */
export function sidecarNodeId(podIp: string, pod: string, namespace: string, clusterDomain: string): string {
  return `sidecar~${podIp}~${pod}.${namespace}~${namespace}.svc.${clusterDomain}`;
}

/** The namespace that a node id of that form tells, or null. */
export function namespaceOfNodeId(id: string): string | null {
  const parts = id.split('~');
  const pod = parts[2];
  if (parts.length !== 4 || pod === undefined) return null;
  const dot = pod.lastIndexOf('.');
  return dot < 0 || dot === pod.length - 1 ? null : pod.slice(dot + 1);
}

export interface SidecarName {
  readonly podIp: string;
  readonly pod: string;
  readonly namespace: string;
}

/** What a node id of that form tells, or null. */
export function parseSidecarNodeId(id: string): SidecarName | null {
  const parts = id.split('~');
  const namespace = namespaceOfNodeId(id);
  const [kind, podIp, pod] = parts;
  if (kind !== 'sidecar' || podIp === undefined || pod === undefined || namespace === null) return null;
  return { podIp, pod: pod.slice(0, -namespace.length - 1), namespace };
}
