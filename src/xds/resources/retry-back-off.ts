// Pauses before retries: the back-offs of RetryPolicySpec ↔ RetryPolicy.RetryBackOff, RateLimitedRetryBackOff.
import type { ResetBackOffSpec, RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import { type RetryPolicy, RetryPolicy_ResetHeaderFormat } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { isToken } from './legal-text.ts';

/** What an absent max_interval means, as a multiple of the base. */
const MAX_INTERVAL_FACTOR = 10;
/** What an absent max_interval means where answers say how long to wait. */
const DEFAULT_RESET_MAX_MS = 300_000;

const { SECONDS, UNIX_TIMESTAMP } = RetryPolicy_ResetHeaderFormat;

export function encodeBackOff({ baseMs, maxMs }: NonNullable<RetryPolicySpec['backOff']>) {
  return { baseInterval: encodeDuration(baseMs), maxInterval: encodeDuration(maxMs) };
}

export function decodeBackOff(message: RetryPolicy, context: DecodeContext, path: string) {
  const backOff = message.retryBackOff;
  if (backOff === undefined) return {};
  const baseMs = decodeDuration(backOff.baseInterval, 0, context, `${path}.base_interval`);
  const maxMs = decodeDuration(backOff.maxInterval, baseMs * MAX_INTERVAL_FACTOR, context, `${path}.max_interval`);
  if (baseMs <= 0) context.refuse(`${path}.base_interval`, 'is absent or 0', 'give more than 0 s');
  if (maxMs < baseMs) context.refuse(`${path}.max_interval`, 'is less than base_interval', 'give at least that');
  return { backOff: { baseMs, maxMs } };
}

export function encodeResetBackOff({ headers, maxMs }: ResetBackOffSpec) {
  return {
    resetHeaders: headers.map(({ name, format }) => ({
      name,
      format: format === 'seconds' ? SECONDS : UNIX_TIMESTAMP,
    })),
    maxInterval: encodeDuration(maxMs),
  };
}

export function decodeResetBackOff(
  message: RetryPolicy,
  context: DecodeContext,
  path: string,
): { readonly resetBackOff?: ResetBackOffSpec } {
  const backOff = message.rateLimitedRetryBackOff;
  if (backOff === undefined) return {};
  if (backOff.resetHeaders.length === 0) context.refuse(`${path}.reset_headers`, 'is empty', 'name a header');
  const headers = backOff.resetHeaders.map(({ name, format }, i) => {
    const at = `${path}.reset_headers[${i}]`;
    if (!isToken(name)) context.refuse(`${at}.name`, `"${name}" is not a name`, 'name a header');
    const isSeconds = format === SECONDS;
    if (!isSeconds && format !== UNIX_TIMESTAMP)
      context.refuse(`${at}.format`, `is ${format}`, 'use SECONDS or UNIX_TIMESTAMP');
    return { name: name.toLowerCase(), format: isSeconds ? ('seconds' as const) : ('unix-timestamp' as const) };
  });
  const maxMs = decodeDuration(backOff.maxInterval, DEFAULT_RESET_MAX_MS, context, `${path}.max_interval`);
  if (maxMs <= 0) context.refuse(`${path}.max_interval`, 'is 0', 'give more than 0 s');
  return { resetBackOff: { headers, maxMs } };
}
