// TrafficPolicy's retries as the spec of a route.
import type { RetriesSection } from '../../kube/traffic-policy/retries-section.ts';
import type { RetryLimitSpec } from '../../model/circuit-breakers-spec.ts';
import type { ResetBackOffSpec, RetryCondition, RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { HeaderMatcherSpec } from '../../model/route-match-spec.ts';
import { safeRetries } from '../translate/service-retries.ts';
import { msOf } from './duration-ms.ts';

const DEFAULT_ATTEMPTS = 2;
/** Envoy's. */
const DEFAULT_MAX_FACTOR = 10;
/** Envoy's. */
const DEFAULT_MIN_CONCURRENT = 3;
/** Envoy's. */
const DEFAULT_RESET_MAX_MS = 300_000;

export function retriesOf(section: RetriesSection): RetryPolicySpec {
  const { perTryTimeout, perTryIdleTimeout, hedgeOnPerTryTimeout, rateLimitedBackoff, backoff } = section;
  return {
    ...conditionsOf(section),
    ...headersOf(section),
    ...(backoff === undefined ? {} : { backOff: backOffOf(backoff) }),
    ...(rateLimitedBackoff === undefined ? {} : { resetBackOff: resetBackOffOf(rateLimitedBackoff) }),
    ...(perTryTimeout === undefined ? {} : { perTryTimeoutMs: msOf(perTryTimeout) }),
    ...(perTryIdleTimeout === undefined ? {} : { perTryIdleTimeoutMs: msOf(perTryIdleTimeout) }),
    ...(hedgeOnPerTryTimeout === true ? { hedgeOnPerTryTimeout } : {}),
  };
}

function conditionsOf(section: RetriesSection) {
  const { attempts = DEFAULT_ATTEMPTS, retryOn = ['safe'], statusCodes = [], retriableHeaders } = section;
  if (attempts === 0) return safeRetries(0);
  const conditions = new Set<RetryCondition>();
  for (const name of retryOn) {
    if (name !== 'safe') conditions.add(name);
    else for (const condition of safeRetries(attempts).on) conditions.add(condition);
  }
  if (statusCodes.length > 0) conditions.add('retriable-status-codes');
  if (retriableHeaders !== undefined) conditions.add('retriable-headers');
  return { on: [...conditions], numRetries: attempts, statusCodes };
}

function headersOf(section: RetriesSection): Pick<RetryPolicySpec, 'answerHeaders' | 'requestHeaders'> {
  const { attempts, retriableHeaders, retriableRequestHeaders } = section;
  if (attempts === 0) return {};
  return {
    ...(retriableHeaders === undefined ? {} : { answerHeaders: retriableHeaders.map(matcherOf) }),
    ...(retriableRequestHeaders === undefined ? {} : { requestHeaders: retriableRequestHeaders.map(matcherOf) }),
  };
}

function matcherOf({ name, value }: NonNullable<RetriesSection['retriableHeaders']>[number]): HeaderMatcherSpec {
  const match = value === undefined ? ({ kind: 'present', value: true } as const) : ({ kind: 'exact', value } as const);
  return { name: name.toLowerCase(), match };
}

/** Undefined = the budget that every Service has. */
export function retryLimitOf({ budget, maxConcurrent }: RetriesSection): RetryLimitSpec | undefined {
  if (maxConcurrent !== undefined) return { kind: 'number', max: maxConcurrent };
  if (budget === undefined) return undefined;
  return { kind: 'share', percent: budget.percent, minConcurrent: budget.minConcurrent ?? DEFAULT_MIN_CONCURRENT };
}

function resetBackOffOf({
  resetHeaders,
  maxInterval,
}: NonNullable<RetriesSection['rateLimitedBackoff']>): ResetBackOffSpec {
  const headers = resetHeaders.map(({ name, format = 'seconds' }) => ({ name: name.toLowerCase(), format }));
  return { headers, maxMs: msOf(maxInterval) ?? DEFAULT_RESET_MAX_MS };
}

function backOffOf({ baseInterval, maxInterval }: NonNullable<RetriesSection['backoff']>) {
  const baseMs = msOf(baseInterval);
  return { baseMs, maxMs: msOf(maxInterval) ?? baseMs * DEFAULT_MAX_FACTOR };
}
