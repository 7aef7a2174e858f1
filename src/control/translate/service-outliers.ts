// When pods of a Service are taken out for what they answer: by default, and as an annotation says it.
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';

const OUTLIERS = 'switchboard.dev/outlier-detection';
const CONSECUTIVE = 'consecutive-5xx=';
const MAX_CONSECUTIVE = 1_000;

/**
 * What a Service gets that says nothing. Where it differs from Envoy's defaults, docs/adr/0030 has the figures: pods are compared with their peers; 502, 503,
 * 504 and failed connections in a row count, and 500 in a row does not, because one caller that repeats a request which the app cannot answer
 * would take out one pod after the other; success rates do not count, because of five pods the worst is always an outlier; a health check
 * that is passed brings nobody back, because callers have seen more than it asks; half of the pods may be out, because a tenth of fewer than ten is none.
 */
export const SERVICE_OUTLIER_DETECTION: OutlierDetectionSpec = {
  ...DEFAULT_OUTLIER_DETECTION,
  maxEjectionPercent: 50,
  worseThanPeers: { gapPercent: 30 },
  returnWindowMs: 10_000,
  ignoresChecks: true,
  enforcing: {
    ...DEFAULT_OUTLIER_DETECTION.enforcing,
    'consecutive-5xx': 0,
    'consecutive-gateway-failure': 100,
    'success-rate': 0,
  },
};

/** Null = nobody is taken out. What is written wrongly counts as not written, and is told. */
export function serviceOutliers(service: Located<Service>): {
  readonly outlierDetection: OutlierDetectionSpec | null;
  readonly issues: readonly Issue[];
} {
  const written = service.object.metadata.annotations[OUTLIERS]?.trim();
  if (written === undefined) return { outlierDetection: SERVICE_OUTLIER_DETECTION, issues: [] };
  if (written === 'off') return { outlierDetection: null, issues: [] };
  const count = written.startsWith(CONSECUTIVE) ? parseCount(written.slice(CONSECUTIVE.length)) : null;
  if (count !== null) return { outlierDetection: withConsecutive(count), issues: [] };
  const message = `"${written}" is no outlier detection; the usual one is used`;
  const remedy = `write off, or ${CONSECUTIVE}N with N from 1 to ${MAX_CONSECUTIVE}`;
  const issue = errorIssue(message, { ...placeOf(service, `metadata.annotations['${OUTLIERS}']`), remedy });
  return { outlierDetection: SERVICE_OUTLIER_DETECTION, issues: [issue] };
}

/** Who asks for 5xx means every one of them. */
function withConsecutive(consecutive5xx: number): OutlierDetectionSpec {
  const enforcing = { ...SERVICE_OUTLIER_DETECTION.enforcing, 'consecutive-5xx': 100 };
  return { ...SERVICE_OUTLIER_DETECTION, consecutive5xx, enforcing };
}

function parseCount(text: string): number | null {
  if (text === '' || text.length > 4 || ![...text].every((digit) => digit >= '0' && digit <= '9')) return null;
  const count = Number(text);
  return count >= 1 && count <= MAX_CONSECUTIVE ? count : null;
}
