// TrafficPolicy's sessionAffinity as part of a Service's traffic.
import type { SessionAffinitySection } from '../../kube/traffic-policy/session-affinity-section.ts';
import type { LoadBalancerName } from '../../model/balancing-spec.ts';
import type { HashPolicySpec } from '../../model/hash-policy-spec.ts';
import type { SessionSpec } from '../../model/session-spec.ts';
import { sessionBy, withAffinity } from '../translate/affinity.ts';
import { msOf } from './duration-ms.ts';

/** `chosen`: the load balancer that somebody has asked for; null = nobody has. */
export function affinityTraffic(
  { type, session, hash = [] }: SessionAffinitySection,
  chosen: LoadBalancerName | null,
): ReturnType<typeof withAffinity> {
  if (type === 'none') return { loadBalancer: chosen ?? 'round-robin' };
  const policies = hash.map(hashPolicyOf);
  if (type === 'hash') return withAffinity({ kind: 'hash', policies }, chosen);
  const strong = withAffinity({ kind: 'session', session: sessionOf(session ?? {}) }, chosen);
  // Of a session that hashes when its pod is gone, both.
  return policies.length === 0
    ? strong
    : { ...withAffinity({ kind: 'hash', policies }, chosen), ...withoutBalancer(strong) };
}

function withoutBalancer({ session }: ReturnType<typeof withAffinity>) {
  return session === undefined ? {} : { session };
}

function sessionOf({
  cookie = {},
  header,
  lifetime,
  idleTimeout,
  onLoss,
}: NonNullable<SessionAffinitySection['session']>): SessionSpec {
  const options = {
    ...(onLoss === undefined ? {} : { onLoss }),
    ...(lifetime === undefined ? {} : { lifetimeMs: msOf(lifetime) }),
    ...(idleTimeout === undefined ? {} : { idleTimeoutMs: msOf(idleTimeout) }),
  };
  if (header !== undefined) return sessionBy({ kind: 'header', name: header.name }, options);
  const { name, ttl, path } = cookie;
  const said = {
    ...(name === undefined ? {} : { name }),
    ...(ttl === undefined ? {} : { ttlMs: msOf(ttl) }),
    ...(path === undefined ? {} : { path }),
  };
  return sessionBy({ kind: 'cookie', ...said }, options);
}

function hashPolicyOf({
  type,
  name = '',
  ttl,
  path = '/',
  terminal,
}: NonNullable<SessionAffinitySection['hash']>[number]): HashPolicySpec {
  const last = terminal === true ? { terminal } : {};
  if (type === 'cookie') return { kind: type, name, ttlMs: msOf(ttl) ?? 0, path, ...last };
  if (type === 'header') return { kind: type, name: name.toLowerCase(), ...last };
  return type === 'source-ip' ? { kind: type, ...last } : { kind: type, name, ...last };
}
