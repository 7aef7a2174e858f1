// How long to wait before a request is sent again.
import type { Random } from '../../base/random.ts';
import type { ResetBackOffSpec } from '../../model/retry-policy-spec.ts';
import type { ResponseHead } from '../codec/head.ts';

export interface RetryBackOff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export const DEFAULT_RETRY_BACK_OFF: RetryBackOff = { baseMs: 25, maxMs: 250 };

/** More than is said is waited, up to this share of it: callers who were told the same must not come at once. Source: Envoy's router. */
const RESET_JITTER = 0.5;
const DIGITS = /^[0-9]+$/;
const DELAY_SECONDS = /^[0-9]{1,9}$/;
const UNIX_SECONDS = /^[0-9]{1,11}$/;

/** Drawn evenly from [0, base × (2^retry − 1)], at most `maxMs`; `retry` is counted from 1. Source: Envoy's router, retry back-off. */
export function retryDelayMs(retry: number, backOff: RetryBackOff, random: Random): number {
  return random.next() * Math.min(backOff.maxMs, backOff.baseMs * (2 ** retry - 1));
}

/** What the answer asks for by one of the fields of `spec`; −1 = it asks for nothing, or for more than `maxMs`. */
export function resetDelayMs(head: ResponseHead, spec: ResetBackOffSpec, wallNowMs: number, random: Random): number {
  for (const { name, format } of spec.headers) {
    const text = head.get(name) ?? '';
    const waitMs = format === 'seconds' ? secondsIn(text) : unixTimeIn(text, wallNowMs);
    if (waitMs >= 0 && waitMs <= spec.maxMs) return waitMs * (1 + RESET_JITTER * random.next());
  }
  return -1;
}

/** The answer says by Retry-After that it makes no sense to come back at once. Source: RFC 9110 section 10.2.3. */
export function asksForPatience(head: ResponseHead, wallNowMs: number): boolean {
  const text = head.get('retry-after');
  if (text === null) return false;
  return DIGITS.test(text) ? Number(text) > 0 : Date.parse(text) > wallNowMs;
}

function secondsIn(text: string): number {
  return DELAY_SECONDS.test(text) ? Number(text) * 1_000 : -1;
}

/** A time that has passed is none. */
function unixTimeIn(text: string, wallNowMs: number): number {
  const waitMs = UNIX_SECONDS.test(text) ? Number(text) * 1_000 - wallNowMs : -1;
  return waitMs >= 0 ? waitMs : -1;
}
