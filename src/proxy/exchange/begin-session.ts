// Which kind of session a request begins or goes on with: by our tokens, or by addresses as Envoy keeps them.
import type { Random } from '../../base/random.ts';
import type { RequestHead } from '../codec/head.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import { AddressSession } from './address-session.ts';
import type { SessionCall } from './session-call.ts';
import { TokenSession } from './token-session.ts';

/** Null = a request for this path belongs to no session. */
export function beginSession(
  policy: SessionPolicy,
  head: RequestHead,
  wallNowMs: number,
  random: Random,
): SessionCall | null {
  if (!policy.carrier.takes(head.path)) return null;
  return policy.spec.format === 'token'
    ? new TokenSession(policy, head, wallNowMs, random)
    : new AddressSession(policy, head, wallNowMs);
}
