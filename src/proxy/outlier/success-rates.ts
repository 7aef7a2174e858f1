// Who is out of the ordinary among endpoints that carry the same kind of requests.
import type { OutlierDetectionSpec } from '../../model/outlier-detection-spec.ts';
import type { OutlierMonitor, ResultWindow } from '../endpoint/outlier-monitor.ts';

export interface Outlier {
  readonly monitor: OutlierMonitor;
  /** In numbers, for people. */
  readonly detail: string;
}

/** Those who are not out, of the kind of results that `windowOf` picks. */
export interface Compared {
  readonly monitors: readonly OutlierMonitor[];
  readonly windowOf: (monitor: OutlierMonitor) => ResultWindow;
}

/** Below mean − factor × standard deviation, which is that of all who are compared (not of a sample). Source: Envoy, outlier detection, success rate. */
export function belowTheOthers({ monitors, windowOf }: Compared, spec: OutlierDetectionSpec): readonly Outlier[] {
  const { minimumHosts, requestVolume, stdevFactor } = spec.successRate;
  const busy = monitors.filter((monitor) => windowOf(monitor).total >= Math.max(1, requestVolume));
  if (busy.length === 0 || busy.length < minimumHosts) return [];
  const rates = busy.map((monitor) => windowOf(monitor).successPercent);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  const least = mean - stdevFactor * Math.sqrt(variance);
  return busy.flatMap((monitor, index) => {
    const rate = rates[index] as number;
    if (rate >= least) return [];
    return [{ monitor, detail: `${percent(rate)} succeeded, all together ${percent(mean)}, least ${percent(least)}` }];
  });
}

/** So many of a hundred failed, whatever the others do. Source: Envoy, outlier detection, failure percentage. */
export function failingTooOften({ monitors, windowOf }: Compared, spec: OutlierDetectionSpec): readonly Outlier[] {
  const { minimumHosts, requestVolume, threshold } = spec.failurePercentage;
  const busy = monitors.filter((monitor) => windowOf(monitor).total >= Math.max(1, requestVolume));
  if (busy.length === 0 || busy.length < minimumHosts) return [];
  return busy.flatMap((monitor) => {
    const failed = 100 - windowOf(monitor).successPercent;
    return failed < threshold ? [] : [{ monitor, detail: `${percent(failed)} failed, too many from ${threshold} %` }];
  });
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}
