// TrafficPolicy's retries as the spec of a route.
import type { RetriesSection } from '../../kube/traffic-policy/retries-section.ts';
import type { RetryCondition, RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import { safeRetries } from '../translate/service-retries.ts';
import { msOf } from './duration-ms.ts';

const DEFAULT_ATTEMPTS = 2;
/** Envoy's. */
const DEFAULT_MAX_FACTOR = 10;

export function retriesOf({
  attempts = DEFAULT_ATTEMPTS,
  retryOn = ['safe'],
  ...rest
}: RetriesSection): RetryPolicySpec {
  if (attempts === 0) return safeRetries(0);
  const { statusCodes = [], backoff } = rest;
  const conditions = new Set<RetryCondition>();
  for (const name of retryOn) {
    if (name !== 'safe') conditions.add(name);
    else for (const condition of safeRetries(attempts).on) conditions.add(condition);
  }
  if (statusCodes.length > 0) conditions.add('retriable-status-codes');
  return {
    on: [...conditions],
    numRetries: attempts,
    statusCodes,
    ...(backoff === undefined ? {} : { backOff: backOffOf(backoff) }),
  };
}

function backOffOf({ baseInterval, maxInterval }: NonNullable<RetriesSection['backoff']>) {
  const baseMs = msOf(baseInterval);
  return { baseMs, maxMs: msOf(maxInterval) ?? baseMs * DEFAULT_MAX_FACTOR };
}
