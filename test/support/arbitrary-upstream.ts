// fast-check generators of what a cluster may have in use.
import fc from 'fast-check';
import type { CircuitBreakersSpec, ThresholdsSpec } from '../../src/model/circuit-breakers-spec.ts';

const inUse = fc.integer({ min: 0, max: 2 ** 32 - 2 });

const thresholds: fc.Arbitrary<ThresholdsSpec> = fc
  .record(
    {
      maxConnections: inUse,
      maxPendingRequests: inUse,
      maxRequests: inUse,
      retries: fc.oneof(
        fc.record({ kind: fc.constant('number' as const), max: inUse }),
        fc.record({
          kind: fc.constant('share' as const),
          percent: fc.integer({ min: 0, max: 100 }),
          minConcurrent: inUse,
        }),
      ),
      trackRemaining: fc.constant(true as const),
      maxConnectionsPerEndpoint: inUse,
    },
    { requiredKeys: [] },
  )
  .filter((spec) => Object.keys(spec).length > 0);

export const circuitBreakers: fc.Arbitrary<CircuitBreakersSpec> = fc
  .record({ default: thresholds, high: thresholds }, { requiredKeys: [] })
  .filter((spec) => Object.keys(spec).length > 0);
