// TrafficPolicy's rateLimit as the bucket of a filter.
import type { RateLimitSection } from '../../kube/traffic-policy/rate-limit-section.ts';
import { ALWAYS, NEVER } from '../../model/fraction-spec.ts';
import { type LocalRateLimitSpec, RATE_LIMITED_STATUS } from '../../model/local-rate-limit-spec.ts';
import { msOf } from './duration-ms.ts';

const DEFAULT_INTERVAL_MS = 1_000;

/** `statPrefix`: what its statistics are called by. */
export function rateLimitOf(section: RateLimitSection, statPrefix: string): LocalRateLimitSpec {
  const { requests, interval, burst = requests, mode, status = RATE_LIMITED_STATUS, tellLimits } = section;
  return {
    statPrefix,
    bucket: { maxTokens: burst, tokensPerFill: requests, fillIntervalMs: msOf(interval) ?? DEFAULT_INTERVAL_MS },
    enabled: ALWAYS,
    enforced: mode === 'shadow' ? NEVER : ALWAYS,
    status,
    ...(tellLimits === true ? { tellLimits } : {}),
  };
}
