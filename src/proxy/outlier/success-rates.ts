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
export function belowTheOthers(compared: Compared, spec: OutlierDetectionSpec): readonly Outlier[] {
  const busy = busyOnes(compared, spec.successRate);
  const rates = busy.map((monitor) => compared.windowOf(monitor).successPercent);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  const least = mean - spec.successRate.stdevFactor * Math.sqrt(variance);
  return busy.flatMap((monitor, index) => {
    const rate = rates[index] as number;
    if (rate >= least) return [];
    return [{ monitor, detail: `${percent(rate)} succeeded, all together ${percent(mean)}, least ${percent(least)}` }];
  });
}

/** So many of a hundred failed, whatever the others do. Source: Envoy, outlier detection, failure percentage. */
export function failingTooOften(compared: Compared, spec: OutlierDetectionSpec): readonly Outlier[] {
  const { threshold } = spec.failurePercentage;
  return busyOnes(compared, spec.failurePercentage).flatMap((monitor) => {
    const failed = 100 - compared.windowOf(monitor).successPercent;
    return failed < threshold ? [] : [{ monitor, detail: `${percent(failed)} failed, too many from ${threshold} %` }];
  });
}

/** Those with enough requests to say something of them; nobody where these are too few. */
function busyOnes(
  { monitors, windowOf }: Compared,
  { minimumHosts, requestVolume }: { readonly minimumHosts: number; readonly requestVolume: number },
): readonly OutlierMonitor[] {
  const busy = monitors.filter((monitor) => windowOf(monitor).total >= Math.max(1, requestVolume));
  return busy.length < minimumHosts ? [] : busy;
}

export function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}
