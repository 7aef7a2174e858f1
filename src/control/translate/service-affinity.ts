// What requests of one session have in common, as the annotation of a Service says it.
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import type { LoadBalancerName } from '../../model/balancing-spec.ts';
import type { HashPolicySpec } from '../../model/hash-policy-spec.ts';

const AFFINITY = 'switchboard.dev/affinity';
const HASHING: readonly LoadBalancerName[] = ['ring-hash', 'maglev'];
const DEFAULT_COOKIE = 'switchboard-affinity';
/** Source: RFC 9110 section 5.6.2, token. */
const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,128}$/;

/** What routes hash for a Service with that load balancer: nothing where it does not hash. */
export function serviceAffinity(
  service: Located<Service>,
  loadBalancer: LoadBalancerName,
): { readonly hashPolicies: readonly HashPolicySpec[]; readonly issues: readonly Issue[] } {
  const written = service.object.metadata.annotations[AFFINITY]?.trim();
  const hashes = HASHING.includes(loadBalancer);
  if (written === undefined || written === 'none') {
    return { hashPolicies: [], issues: hashes ? [nothingToHash(service, loadBalancer)] : [] };
  }
  const policy = parseAffinity(written);
  if (policy === null) return { hashPolicies: [], issues: [unknownIssue(service, written)] };
  return hashes ? { hashPolicies: [policy], issues: [] } : { hashPolicies: [], issues: [unusedIssue(service)] };
}

/** `client-ip`, `cookie`, `cookie:NAME`, `header:NAME`; null for anything else. */
function parseAffinity(text: string): HashPolicySpec | null {
  if (text === 'client-ip') return { kind: 'source-ip' };
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const name = colon < 0 ? '' : text.slice(colon + 1);
  if (kind === 'cookie' && (colon < 0 || TOKEN.test(name))) {
    return { kind, name: name || DEFAULT_COOKIE, ttlMs: 0, path: '/' };
  }
  return kind === 'header' && TOKEN.test(name) ? { kind, name: name.toLowerCase() } : null;
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

function unusedIssue(service: Located<Service>): Issue {
  const remedy = `choose one of them by switchboard.dev/load-balancer: ${HASHING.join(', ')}`;
  const message = 'affinity is kept by load balancers that hash, and by no other yet; there is none';
  return warningIssue(message, { ...place(service), remedy });
}
