// TrafficPolicy's outlierDetection as the spec of a cluster.
import type { OutlierDetectionSection } from '../../kube/traffic-policy/outlier-detection-section.ts';
import type { EjectionReason, OutlierDetectionSpec, OutlierExtrasSpec } from '../../model/outlier-detection-spec.ts';
import { msOf } from './duration-ms.ts';

/** Null = nobody is taken out. What the section leaves out is as in `base`; what it names counts, whatever `base` says of that. */
export function outlierDetectionOf(
  section: OutlierDetectionSection,
  base: OutlierDetectionSpec,
): OutlierDetectionSpec | null {
  if (section.mode === 'disabled') return null;
  const baseEjectionMs = msOf(section.baseEjectionTime) ?? Math.min(base.baseEjectionMs, maxEjectionOf(section, base));
  return {
    ...base,
    consecutive5xx: section.consecutive5xx ?? base.consecutive5xx,
    consecutiveGatewayFailure: section.consecutiveGatewayFailure ?? base.consecutiveGatewayFailure,
    consecutiveLocalOriginFailure: section.consecutiveLocalOriginFailure ?? base.consecutiveLocalOriginFailure,
    splitLocalOrigin: section.splitExternalLocalOriginErrors ?? base.splitLocalOrigin,
    intervalMs: msOf(section.interval) ?? base.intervalMs,
    baseEjectionMs,
    maxEjectionMs: Math.max(maxEjectionOf(section, base), baseEjectionMs),
    maxEjectionJitterMs: msOf(section.maxEjectionTimeJitter) ?? base.maxEjectionJitterMs,
    maxEjectionPercent: section.maxEjectionPercent ?? base.maxEjectionPercent,
    alwaysEjectOne: section.alwaysEjectOneHost ?? base.alwaysEjectOne,
    successRate: { ...base.successRate, ...section.successRate },
    failurePercentage: { ...base.failurePercentage, ...section.failurePercentage },
    enforcing: { ...base.enforcing, ...namedOf(section) },
    ...extrasOf(section, base),
  };
}

/** What Envoy has not. */
function extrasOf(section: OutlierDetectionSection, base: OutlierDetectionSpec): OutlierExtrasSpec {
  const { slowerThanPeers: slower } = section;
  const { excess, ...compared } = slower ?? {};
  const excessMs = msOf(excess);
  return {
    minHealthyHosts: section.minHealthyHosts ?? base.minHealthyHosts,
    shadow: section.mode === undefined ? base.shadow : section.mode === 'shadow',
    returnWindowMs: msOf(section.returnWindow) ?? base.returnWindowMs,
    worseThanPeers: { ...base.worseThanPeers, ...section.worseThanPeers },
    slowerThanPeers: { ...base.slowerThanPeers, ...compared, ...(excessMs === undefined ? {} : { excessMs }) },
    callers: {
      ...base.callers,
      ...section.callers,
      header: (section.callers?.header ?? base.callers.header).toLowerCase(),
    },
  };
}

function maxEjectionOf({ maxEjectionTime }: OutlierDetectionSection, { maxEjectionMs }: OutlierDetectionSpec): number {
  return msOf(maxEjectionTime) ?? maxEjectionMs;
}

/** Whoever writes a number of failures wants it to count. */
function namedOf(section: OutlierDetectionSection): Partial<Record<EjectionReason, number>> {
  const split = section.splitExternalLocalOriginErrors === true;
  return {
    ...(section.consecutive5xx === undefined ? {} : { 'consecutive-5xx': 100 }),
    ...(section.consecutiveGatewayFailure === undefined ? {} : { 'consecutive-gateway-failure': 100 }),
    ...(section.consecutiveLocalOriginFailure === undefined ? {} : { 'consecutive-local-origin-failure': 100 }),
    ...(section.successRate === undefined ? {} : { 'success-rate': 100 }),
    ...(section.failurePercentage === undefined ? {} : { 'failure-percentage': 100 }),
    ...(section.worseThanPeers === undefined ? {} : { 'worse-than-peers': 100 }),
    ...(section.slowerThanPeers === undefined ? {} : { 'slower-than-peers': 100 }),
    ...(section.failurePercentage === undefined || !split ? {} : { 'local-origin-failure-percentage': 100 }),
  };
}
