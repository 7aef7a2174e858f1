// Time-outs and retries of a rule.
import { parseDuration } from '../../../kube/duration.ts';
import type { RouteRetry, RouteTimeouts, SessionPersistence } from '../../../kube/route-policy.ts';
import type { RetryPolicySpec } from '../../../model/retry-policy-spec.ts';
import type { ServiceAction } from '../service-action.ts';
import { ruleSession } from './rule-session.ts';

/** Gateway API leaves them to whoever implements it: answers of proxies in between, which say that nobody has answered. */
const DEFAULT_CODES = [502, 503, 504];
const DEFAULT_ATTEMPTS = 2;
const DEFAULT_BACKOFF_MS = 25;
/** A pause grows to at most this many times the first one. Source: Envoy's RetryBackOff.max_interval. */
const BACKOFF_GROWTH = 10;

/** What goes before what the Service says. */
export interface RulePolicy extends Pick<Partial<ServiceAction>, 'timeoutMs' | 'retry' | 'session'> {
  /** Of each try, whoever says how many there are; > 0. */
  readonly perTryTimeoutMs?: number;
}

/** What it says takes the place of what the Service says. */
export function rulePolicy(rule: {
  readonly timeouts?: RouteTimeouts;
  readonly retry?: RouteRetry;
  readonly sessionPersistence?: SessionPersistence;
}): RulePolicy {
  const perTry = parseDuration(rule.timeouts?.backendRequest ?? '');
  const request = parseDuration(rule.timeouts?.request ?? '');
  return {
    ...(request === null ? {} : { timeoutMs: request }),
    ...(rule.retry === undefined ? {} : { retry: retryPolicy(rule.retry) }),
    ...(rule.sessionPersistence === undefined ? {} : { session: ruleSession(rule.sessionPersistence) }),
    ...(perTry === null || perTry === 0 ? {} : { perTryTimeoutMs: perTry }),
  };
}

/** Whoever writes it down knows that requests may be repeated, whatever their method. */
function retryPolicy({ codes, attempts = DEFAULT_ATTEMPTS, backoff }: RouteRetry): RetryPolicySpec {
  const baseMs = parseDuration(backoff ?? '') ?? DEFAULT_BACKOFF_MS;
  return {
    on: ['connect-failure', 'refused-stream', 'reset', 'retriable-status-codes'],
    numRetries: attempts,
    statusCodes: codes.length === 0 ? DEFAULT_CODES : codes,
    ...(baseMs === 0 ? {} : { backOff: { baseMs, maxMs: baseMs * BACKOFF_GROWTH } }),
  };
}
