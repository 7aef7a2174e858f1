// A Lease of Kubernetes as the record of who holds an office: reading it, and writing the next one.
import { isMapping } from '../../kube/fields.ts';
import type { KubeValue } from '../../kube-api/kube-client.ts';
import { apiVersionOf, type KubeObjectRef, type KubeResource } from '../../kube-api/kube-resource.ts';

export const LEASES: KubeResource = {
  kind: 'Lease',
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespaced: true,
};

/** Source: coordination.k8s.io/v1.LeaseSpec. */
export interface LeaseRecord {
  /** '' = nobody. */
  readonly holder: string;
  /** How long it holds after it was last renewed. */
  readonly durationMs: number;
  /** RFC 3339, '' = never. For people: clocks of machines differ. */
  readonly acquired: string;
  readonly transitions: number;
  /** Another one with each renewal. */
  readonly resourceVersion: string;
}

export interface LeaseHolding {
  readonly holder: string;
  readonly durationSeconds: number;
  /** Of this moment, ms since the epoch. */
  readonly nowMs: number;
}

/** Whatever it is: what is missing is nothing. */
export function readLease(value: KubeValue): LeaseRecord {
  const spec = isMapping(value['spec']) ? value['spec'] : {};
  const metadata = isMapping(value['metadata']) ? value['metadata'] : {};
  return {
    holder: textOf(spec['holderIdentity']),
    durationMs: numberOf(spec['leaseDurationSeconds']) * 1_000,
    acquired: textOf(spec['acquireTime']),
    transitions: numberOf(spec['leaseTransitions']),
    resourceVersion: textOf(metadata['resourceVersion']),
  };
}

export function newLease({ namespace, name }: KubeObjectRef, holding: LeaseHolding): KubeValue {
  const metadata = { namespace, name };
  return { apiVersion: apiVersionOf(LEASES), kind: LEASES.kind, metadata, spec: specOf(holding, null) };
}

/** The same Lease, renewed by its holder or taken over. It keeps its resourceVersion: who writes it fails where another was faster. */
export function nextLease(value: KubeValue, holding: LeaseHolding): KubeValue {
  const spec = isMapping(value['spec']) ? value['spec'] : {};
  return { ...value, spec: { ...spec, ...specOf(holding, readLease(value)) } };
}

function specOf({ holder, durationSeconds, nowMs }: LeaseHolding, before: LeaseRecord | null): KubeValue {
  const renewTime = renderMicroTime(nowMs);
  const changes = before !== null && before.holder !== holder;
  // Leaving an office is no transition; entering it is.
  const entered = changes && holder !== '' ? 1 : 0;
  return {
    holderIdentity: holder,
    leaseDurationSeconds: durationSeconds,
    renewTime,
    acquireTime: before === null || changes || before.acquired === '' ? renewTime : before.acquired,
    leaseTransitions: (before?.transitions ?? 0) + entered,
  };
}

/** Source: metav1.MicroTime. */
function renderMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0;
}
