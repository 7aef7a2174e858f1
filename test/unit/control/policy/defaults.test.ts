// What the fields of TrafficPolicy say of their defaults is what Services have that say nothing.
import { SERVICE_OUTLIER_DETECTION } from '../../../../src/control/translate/service-outliers.ts';
import type { Schema } from '../../../../src/kube/schema/schema.ts';
import { TRAFFIC_POLICY_SPEC } from '../../../../src/kube/traffic-policy/traffic-policy.ts';
import {
  DEFAULT_LEAST_REQUEST,
  DEFAULT_MAGLEV,
  DEFAULT_PANIC_THRESHOLD,
  DEFAULT_RING_HASH,
  DEFAULT_SLOW_START,
} from '../../../../src/model/balancing-spec.ts';
import { DEFAULT_CONNECT_TIMEOUT_MS } from '../../../../src/model/cluster-spec.ts';
import { DEFAULT_NO_TRAFFIC_INTERVAL_MS } from '../../../../src/model/health-check-spec.ts';

const outliers = SERVICE_OUTLIER_DETECTION;

const DEFAULTS: Readonly<Record<string, number | boolean | string>> = {
  'loadBalancer.leastRequest.choiceCount': DEFAULT_LEAST_REQUEST.choiceCount,
  'loadBalancer.leastRequest.activeRequestBias': DEFAULT_LEAST_REQUEST.activeRequestBias,
  'loadBalancer.leastRequest.fullScan': DEFAULT_LEAST_REQUEST.fullScan,
  'loadBalancer.ringHash.minimumRingSize': DEFAULT_RING_HASH.minRingSize,
  'loadBalancer.ringHash.maximumRingSize': DEFAULT_RING_HASH.maxRingSize,
  'loadBalancer.ringHash.hashFunction': DEFAULT_RING_HASH.hashFunction,
  'loadBalancer.maglev.tableSize': DEFAULT_MAGLEV.tableSize,
  'loadBalancer.slowStart.aggression': DEFAULT_SLOW_START.aggression,
  'loadBalancer.slowStart.minimumWeightPercent': DEFAULT_SLOW_START.minWeightPercent,
  'loadBalancer.panicThreshold': DEFAULT_PANIC_THRESHOLD,
  'timeouts.connect': duration(DEFAULT_CONNECT_TIMEOUT_MS),
  'outlierDetection.splitExternalLocalOriginErrors': outliers.splitLocalOrigin,
  'outlierDetection.interval': duration(outliers.intervalMs),
  'outlierDetection.baseEjectionTime': duration(outliers.baseEjectionMs),
  'outlierDetection.maxEjectionTime': duration(outliers.maxEjectionMs),
  'outlierDetection.maxEjectionTimeJitter': duration(outliers.maxEjectionJitterMs),
  'outlierDetection.maxEjectionPercent': outliers.maxEjectionPercent,
  'outlierDetection.alwaysEjectOneHost': outliers.alwaysEjectOne,
  'outlierDetection.minHealthyHosts': outliers.minHealthyHosts,
  'outlierDetection.returnWindow': duration(outliers.returnWindowMs),
  'outlierDetection.worseThanPeers.gapPercent': outliers.worseThanPeers.gapPercent,
  'outlierDetection.slowerThanPeers.excess': duration(outliers.slowerThanPeers.excessMs),
  'outlierDetection.slowerThanPeers.minimumHosts': outliers.slowerThanPeers.minimumHosts,
  'outlierDetection.slowerThanPeers.requestVolume': outliers.slowerThanPeers.requestVolume,
  'outlierDetection.callers.minimum': outliers.callers.minimum,
  'outlierDetection.successRate.minimumHosts': outliers.successRate.minimumHosts,
  'outlierDetection.successRate.requestVolume': outliers.successRate.requestVolume,
  'outlierDetection.successRate.stdevFactor': outliers.successRate.stdevFactor,
  'outlierDetection.failurePercentage.threshold': outliers.failurePercentage.threshold,
  'outlierDetection.failurePercentage.minimumHosts': outliers.failurePercentage.minimumHosts,
  'outlierDetection.failurePercentage.requestVolume': outliers.failurePercentage.requestVolume,
  'healthCheck.noTrafficInterval': duration(DEFAULT_NO_TRAFFIC_INTERVAL_MS),
};

function duration(ms: number): string {
  if (ms % 60_000 === 0 && ms > 60_000) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** `… Default 10s.` of each description, by path. */
function toldDefaults(schema: Schema, path: string): readonly (readonly [path: string, told: string])[] {
  const told = /Default:? ([^ ]{1,40})\.$/.exec(schema.description ?? '')?.[1];
  const own = told === undefined ? [] : [[path, told] as const];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    toldDefaults(one, path === '' ? name : `${path}.${name}`),
  );
  return [...own, ...inner];
}

describe('the defaults that TrafficPolicy tells', () => {
  const told = new Map(toldDefaults(TRAFFIC_POLICY_SPEC as unknown as Schema, ''));

  it.each(Object.entries(DEFAULTS))('are true of %s', (path, value) => {
    expect(told.get(path)).toBe(String(value));
  });

  it('leave no field of outlier detection out that has one', () => {
    const fields = [...told.keys()].filter(
      (path) => path.startsWith('outlierDetection.') && path !== 'outlierDetection.mode',
    );
    expect(fields.filter((path) => !Object.hasOwn(DEFAULTS, path))).toEqual([]);
  });
});
