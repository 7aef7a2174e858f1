// Who takes far longer than its peers, in a way that neither a few long answers nor a few endpoints can bring about or hide.
import type { OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';
import type { LatencyWindow } from '../endpoint/latency-window.ts';
import type { OutlierMonitor } from '../endpoint/outlier-monitor.ts';
import type { Outlier } from './success-rates.ts';

/** Of two nobody can say which is slow. */
const LEAST_HOSTS = 3;
/** Distances from the middle of all, in standard deviations as the median distance tells them. */
const MAX_DEVIATIONS = 5;
/** Of a normal distribution: standard deviation ÷ median distance from the middle. */
const DEVIATION_OF_MEDIAN_DISTANCE = 1.4826;
/** What chance among the answers of one endpoint may bring about. */
const MAX_STANDARD_ERRORS = 4;

interface Measured {
  readonly monitor: OutlierMonitor;
  readonly window: LatencyWindow;
  /** Logarithm of its geometric mean in ms. */
  readonly mean: number;
}

/** Compared by the median of the geometric means: up to half of the endpoints may be slow without passing for the measure. */
export function slowerThanPeers(
  monitors: readonly OutlierMonitor[],
  { slowerThanPeers: spec }: OutlierDetectionSpec,
): readonly Outlier[] {
  const busy = monitors.flatMap((monitor) => measured(monitor, Math.max(1, spec.requestVolume)));
  if (busy.length < Math.max(LEAST_HOSTS, spec.minimumHosts)) return [];
  const middle = median(busy.map(({ mean }) => mean));
  const spread = median(busy.map(({ mean }) => Math.abs(mean - middle))) * DEVIATION_OF_MEDIAN_DISTANCE;
  const usualMs = Math.exp(middle);
  return busy.flatMap(({ monitor, mean, window }) => {
    const above = mean - middle;
    const ms = Math.exp(mean);
    if (above < Math.log(spec.factor) || ms - usualMs < spec.excessMs) return [];
    if (above < MAX_DEVIATIONS * spread || above < MAX_STANDARD_ERRORS * window.standardError) return [];
    return [
      { monitor, detail: `takes ${inMs(ms)} in the middle of ${window.count} answers, its peers ${inMs(usualMs)}` },
    ];
  });
}

function measured(monitor: OutlierMonitor, volume: number): readonly Measured[] {
  const { latency: window } = monitor;
  return window === null || window.count < volume ? [] : [{ monitor, window, mean: window.mean }];
}

/** Of at least one. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

function inMs(ms: number): string {
  return `${Number(ms.toPrecision(3))} ms`;
}
