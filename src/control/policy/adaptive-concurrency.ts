// TrafficPolicy's adaptiveConcurrency as the controller of a filter.
import type { AdaptiveConcurrencySection } from '../../kube/traffic-policy/adaptive-concurrency-section.ts';
import {
  type AdaptiveConcurrencySpec,
  DEFAULT_ADAPTIVE_CONCURRENCY,
  type MinRttSpec,
} from '../../model/adaptive-concurrency-spec.ts';
import { msOf } from './duration-ms.ts';

const USUAL = DEFAULT_ADAPTIVE_CONCURRENCY;

export function adaptiveConcurrencyOf(section: AdaptiveConcurrencySection): AdaptiveConcurrencySpec {
  const minRtt = minRttOf(section.minRtt ?? {});
  const least = section.minLimit ?? (minRtt.kind === 'measured' ? minRtt.minConcurrency : USUAL.minLimit);
  const maxLimit = section.maxLimit ?? Math.max(USUAL.maxLimit, least);
  return {
    percentile: section.percentile ?? USUAL.percentile,
    maxLimit,
    minLimit: Math.min(least, maxLimit),
    updateIntervalMs: msOf(section.updateInterval) ?? USUAL.updateIntervalMs,
    minRtt,
    bufferPercent: section.bufferPercent ?? USUAL.bufferPercent,
    status: section.status ?? USUAL.status,
  };
}

function minRttOf(section: NonNullable<AdaptiveConcurrencySection['minRtt']>): MinRttSpec {
  const { fixed, interval, ...measured } = section;
  if (fixed !== undefined) return { kind: 'fixed', ms: msOf(fixed) };
  const usual = {
    kind: 'measured',
    intervalMs: 60_000,
    jitterPercent: 15,
    requestCount: 50,
    minConcurrency: 3,
  } as const;
  const intervalMs = msOf(interval) ?? usual.intervalMs;
  return { ...usual, ...measured, intervalMs };
}
