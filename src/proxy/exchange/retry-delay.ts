// How long to wait before the same endpoint is tried again.
import type { Random } from '../../base/random.ts';

const BASE_MS = 25;

/** Drawn evenly from [0, 25 ms × (2^retry − 1)], `retry` counted from 1. Source: Envoy's router, retry back-off. */
export function retryDelayMs(retry: number, random: Random): number {
  return random.next() * BASE_MS * (2 ** retry - 1);
}
