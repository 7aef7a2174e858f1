// fast-check generator of outlier detection, as a legal part of a cluster.
import fc from 'fast-check';
import { EJECTION_REASONS, type OutlierDetectionSpec } from '../../src/model/outlier-detection-spec.ts';

const percent = fc.integer({ min: 0, max: 100 });
const count = fc.integer({ min: 0, max: 1_000 });

const outlierExtras = {
  minHealthyHosts: fc.integer({ min: 1, max: 1_000 }),
  shadow: fc.boolean(),
  returnWindowMs: fc.integer({ min: 0, max: 60_000 }),
  worseThanPeers: fc.record({ gapPercent: fc.integer({ min: 1, max: 100 }) }),
  slowerThanPeers: fc.record({
    factor: fc.double({ min: 1.1, max: 1_000, noNaN: true }),
    ...{ excessMs: fc.integer({ min: 0, max: 60_000 }), minimumHosts: count, requestVolume: count },
  }),
  callers: fc.record({ header: fc.constantFrom('x-user-id', 'cookie'), minimum: fc.integer({ min: 1, max: 64 }) }),
};

export const outlierDetection: fc.Arbitrary<OutlierDetectionSpec> = fc
  .record({
    ...outlierExtras,
    consecutive5xx: count,
    consecutiveGatewayFailure: count,
    consecutiveLocalOriginFailure: count,
    splitLocalOrigin: fc.boolean(),
    intervalMs: fc.integer({ min: 1, max: 60_000 }),
    baseEjectionMs: fc.integer({ min: 1, max: 60_000 }),
    checked: fc.boolean(),
    longerMs: fc.integer({ min: 0, max: 600_000 }),
    maxEjectionJitterMs: fc.integer({ min: 0, max: 60_000 }),
    maxEjectionPercent: percent,
    alwaysEjectOne: fc.boolean(),
    successRate: fc.record({
      ...{ minimumHosts: count, requestVolume: count },
      stdevFactor: fc.integer({ min: 0, max: 5_000 }).map((thousandths) => thousandths / 1_000),
    }),
    failurePercentage: fc.record({ threshold: percent, minimumHosts: count, requestVolume: count }),
    enforcing: fc
      .array(percent, { minLength: EJECTION_REASONS.length, maxLength: EJECTION_REASONS.length })
      .map((odds) => Object.fromEntries(EJECTION_REASONS.map((reason, index) => [reason, odds[index] ?? 0]))),
  })
  .map(({ longerMs, checked, ...rest }) => {
    const spec = { ...rest, maxEjectionMs: rest.baseEjectionMs + longerMs } as OutlierDetectionSpec;
    return checked ? spec : { ...spec, ignoresChecks: true };
  });
