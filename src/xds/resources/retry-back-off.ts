// Pauses before retries: the back-off of RetryPolicySpec ↔ RetryPolicy.RetryBackOff.
import type { RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { RetryPolicy } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';

/** What an absent max_interval means, as a multiple of the base. */
const MAX_INTERVAL_FACTOR = 10;

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
