// What requests of one session have in common, as the annotation of a Service says it.
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import type { LoadBalancerName } from '../../model/balancing-spec.ts';
import { type Affinity, DEFAULT_COOKIE, DEFAULT_HASHING_BALANCER, isHashing, sessionBy } from './affinity.ts';

const AFFINITY = 'switchboard.dev/affinity';
/** Source: RFC 9110 section 5.6.2, token. */
const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$/;

/**
 * Null = nothing keeps requests together. `chosen`: the load balancer that the Service asks for; null = it asks for none. The annotation goes before
 * Kubernetes' own field, which says less.
 */
export function serviceAffinity(
  service: Located<Service>,
  chosen: LoadBalancerName | null,
): { readonly affinity: Affinity | null; readonly issues: readonly Issue[] } {
  const written = service.object.metadata.annotations[AFFINITY]?.trim();
  const hashes = chosen !== null && isHashing(chosen);
  const clientIp = kubernetesAffinity(service.object);
  if (written === undefined || written === 'none') {
    if (clientIp !== null) return { affinity: clientIp, issues: replacedIssues(service, clientIp, chosen) };
    return { affinity: null, issues: hashes ? [nothingToHash(service, chosen)] : [] };
  }
  const affinity = parseAffinity(written, hashes);
  if (affinity === null) return { affinity: null, issues: [unknownIssue(service, written)] };
  const hidden = clientIp === null ? [] : [hiddenIssue(service, written)];
  return { affinity, issues: [...replacedIssues(service, affinity, chosen), ...hidden] };
}

/** Source: ServiceSpec.sessionAffinity. */
function kubernetesAffinity({ spec }: Service): Affinity | null {
  const { sessionAffinity, affinitySeconds } = spec;
  if (sessionAffinity !== 'ClientIP' || affinitySeconds === undefined) return null;
  return { kind: 'client-ip', timeoutMs: affinitySeconds * 1_000 };
}

function replacedIssues(
  service: Located<Service>,
  affinity: Affinity,
  chosen: LoadBalancerName | null,
): readonly Issue[] {
  const replaced = affinity.kind !== 'session' && chosen !== null && !isHashing(chosen);
  return replaced ? [replacedIssue(service, affinity, chosen)] : [];
}

/**
 * `client-ip`, `cookie`, `cookie:NAME`, `header:NAME`; null for anything else. A cookie keeps a session, unless the Service asks for a load balancer
 * that hashes (`hashes`): then that hashes the cookie.
 */
function parseAffinity(text: string, hashes: boolean): Affinity | null {
  if (text === 'client-ip') return { kind: 'hash', policies: [{ kind: 'source-ip' }] };
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const name = colon < 0 ? '' : text.slice(colon + 1);
  if (kind === 'cookie' && (colon < 0 || TOKEN.test(name))) {
    const cookie = { kind, name: name || DEFAULT_COOKIE } as const;
    if (!hashes) return { kind: 'session', session: sessionBy(cookie) };
    return { kind: 'hash', policies: [{ ...cookie, ttlMs: 0, path: '/' }] };
  }
  if (kind !== 'header' || !TOKEN.test(name)) return null;
  return { kind: 'hash', policies: [{ kind, name: name.toLowerCase() }] };
}

function place(service: Located<Service>) {
  return placeOf(service, `metadata.annotations['${AFFINITY}']`);
}

function nothingToHash(service: Located<Service>, loadBalancer: LoadBalancerName): Issue {
  const message = `${loadBalancer} has nothing to hash: each request goes to any pod`;
  const remedy = `say what requests have in common: ${AFFINITY}: header:NAME, cookie or client-ip`;
  return warningIssue(message, { ...placeOf(service, 'metadata.annotations'), remedy });
}

function unknownIssue(service: Located<Service>, written: string): Issue {
  const remedy = 'write none, client-ip, cookie, cookie:NAME or header:NAME';
  return errorIssue(`"${written}" is no affinity; there is none`, { ...place(service), remedy });
}

function replacedIssue(service: Located<Service>, affinity: Affinity, chosen: LoadBalancerName): Issue {
  const message = `${chosen} cannot keep requests together; ${DEFAULT_HASHING_BALANCER} is used`;
  const remedy = 'write ring-hash or maglev into switchboard.dev/load-balancer, or leave it out';
  const where = affinity.kind === 'client-ip' ? placeOf(service, 'spec.sessionAffinity') : place(service);
  return warningIssue(message, { ...where, remedy });
}

function hiddenIssue(service: Located<Service>, written: string): Issue {
  const message = `sessionAffinity: ClientIP gives way to ${AFFINITY}: ${written}`;
  return warningIssue(message, { ...placeOf(service, 'spec.sessionAffinity'), remedy: 'leave one of both out' });
}
