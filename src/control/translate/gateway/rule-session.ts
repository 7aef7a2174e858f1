// What keeps requests of one caller with one pod: as the rule says it, else as the backend does.
import { parseDuration } from '../../../kube/duration.ts';
import type { SessionPersistence } from '../../../kube/route-policy.ts';
import type { SessionSpec } from '../../../model/session-spec.ts';
import { sessionBy } from '../affinity.ts';

/** The name of a cookie or header that nobody has named. */
const DEFAULT_NAME = 'switchboard-session';

/** Gateway API leaves the header's prefix and the rest of the cookie to whoever implements it. */
export function ruleSession(persistence: SessionPersistence): SessionSpec {
  const { type, sessionName: name = DEFAULT_NAME, absoluteTimeout, idleTimeout, cookieLifetime } = persistence;
  const lifetimeMs = parseDuration(absoluteTimeout ?? '') ?? 0;
  const times = { lifetimeMs, idleTimeoutMs: parseDuration(idleTimeout ?? '') ?? 0 };
  if (type === 'Header') return sessionBy({ kind: 'header', name }, times);
  return sessionBy({ kind: 'cookie', name, ttlMs: cookieLifetime === 'Permanent' ? lifetimeMs : 0 }, times);
}
