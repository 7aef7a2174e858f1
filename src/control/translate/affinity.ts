// What keeps requests of one caller together, whoever has written it (annotation, policy, route): how it becomes part of a Service's traffic.
import { HASHING_LOAD_BALANCERS, type LoadBalancerName } from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { HashPolicySpec } from '../../model/hash-policy-spec.ts';
import type { SessionCarrierSpec, SessionLoss, SessionSpec } from '../../model/session-spec.ts';

/**
 * Weak (`hash`): equal requests go to the same pod for as long as the pods are the same. Strong (`session`): a session stays with its pod for as long
 * as that serves.
 */
export type Affinity =
  | { readonly kind: 'hash'; readonly policies: readonly HashPolicySpec[] }
  | { readonly kind: 'session'; readonly session: SessionSpec }
  /** Each client stays with its pod, by its address: requests and connections of any protocol. */
  | { readonly kind: 'client-ip'; readonly timeoutMs: number };

/** The part of a Service's traffic that keeps requests together. */
export interface AffinityTraffic extends Pick<ClusterSpec, 'loadBalancer' | 'clientAffinity'> {
  /** Absent = requests are not hashed. */
  readonly hashPolicies?: readonly HashPolicySpec[];
  /** Absent = requests belong to no session. */
  readonly session?: SessionSpec;
}

/** What hashes where nobody has chosen: of both the one that shares keys evenly whatever the number of pods. */
export const DEFAULT_HASHING_BALANCER: LoadBalancerName = 'maglev';

/** The name of a cookie that nobody has named. */
export const DEFAULT_COOKIE = 'switchboard-affinity';

export function isHashing(loadBalancer: LoadBalancerName): boolean {
  return HASHING_LOAD_BALANCERS.includes(loadBalancer);
}

export interface SessionOptions {
  /** Default: `rehome`. */
  readonly onLoss?: SessionLoss;
  /** ms; default: without end. */
  readonly lifetimeMs?: number;
  /** ms; absent or 0 = it may rest as long as it likes. */
  readonly idleTimeoutMs?: number;
}

/** A session of our own: a cookie (default: until the client closes, for every path) or a header. */
export function sessionBy(
  carrier: { readonly kind: 'header'; readonly name: string } | (Partial<SessionCookie> & { readonly kind: 'cookie' }),
  { onLoss = 'rehome', lifetimeMs = 0, idleTimeoutMs = 0 }: SessionOptions = {},
): SessionSpec {
  const complete: SessionCarrierSpec =
    carrier.kind === 'header'
      ? { kind: 'header', name: carrier.name.toLowerCase() }
      : { name: DEFAULT_COOKIE, ttlMs: 0, path: '/', ...carrier };
  const idle = idleTimeoutMs === 0 ? {} : { idleTimeoutMs };
  return { carrier: complete, format: 'token', onLoss, lifetimeMs, ...idle };
}

type SessionCookie = Extract<SessionCarrierSpec, { kind: 'cookie' }>;

/**
 * The traffic of a Service with that affinity. What hashes needs a load balancer that does: `chosen`, or the default one where that does not hash or
 * nobody has chosen (null). A session leaves it as it is: that says where new ones begin.
 */
export function withAffinity(affinity: Affinity, chosen: LoadBalancerName | null): AffinityTraffic {
  if (affinity.kind === 'session') return { loadBalancer: chosen ?? 'round-robin', session: affinity.session };
  const loadBalancer = chosen !== null && isHashing(chosen) ? chosen : DEFAULT_HASHING_BALANCER;
  if (affinity.kind === 'hash') return { loadBalancer, hashPolicies: affinity.policies };
  // The first pod of a client is found by the same hash everywhere; others than our own sidecars have that alone.
  return {
    loadBalancer,
    hashPolicies: [{ kind: 'source-ip' }],
    clientAffinity: { timeoutMs: affinity.timeoutMs },
  };
}
