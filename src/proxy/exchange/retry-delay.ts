// How long to wait before a request is sent again.
import type { Random } from '../../base/random.ts';

export interface RetryBackOff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export const DEFAULT_RETRY_BACK_OFF: RetryBackOff = { baseMs: 25, maxMs: 250 };

/** Drawn evenly from [0, base × (2^retry − 1)], at most `maxMs`; `retry` is counted from 1. Source: Envoy's router, retry back-off. */
export function retryDelayMs(retry: number, backOff: RetryBackOff, random: Random): number {
  return random.next() * Math.min(backOff.maxMs, backOff.baseMs * (2 ** retry - 1));
}
