// fast-check generators of the connections of a cluster, of what it may have in use, of how its endpoints are asked whether they can serve, and of mirrors.
import fc from 'fast-check';
import type { CircuitBreakersSpec, ThresholdsSpec } from '../../src/model/circuit-breakers-spec.ts';
import type { ConnectionsSpec } from '../../src/model/connections-spec.ts';
import type { EndpointCheckSpec, HealthCheckSpec } from '../../src/model/health-check-spec.ts';
import type { MirrorSpec } from '../../src/model/mirror-spec.ts';

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
      ...{ maxConnectionsPerEndpoint: inUse, maxConnectionPools: inUse },
    },
    { requiredKeys: [] },
  )
  .filter((spec) => Object.keys(spec).length > 0);

export const circuitBreakers: fc.Arbitrary<CircuitBreakersSpec> = fc
  .record({ default: thresholds, high: thresholds }, { requiredKeys: [] })
  .filter((spec) => Object.keys(spec).length > 0);

const seconds = fc.integer({ min: 1, max: 32_767 });

export const connections: fc.Arbitrary<ConnectionsSpec> = fc
  .record(
    {
      idleTimeoutMs: fc.integer({ min: 0, max: 86_400_000 }),
      maxRequests: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      maxAgeMs: fc.integer({ min: 1, max: 86_400_000 }),
      tcpKeepalive: fc.record({ timeS: seconds, intervalS: seconds, probes: fc.integer({ min: 1, max: 127 }) }),
    },
    { requiredKeys: [] },
  )
  .filter((spec) => Object.keys(spec).length > 0);

const ms = fc.integer({ min: 1, max: 86_400_000 });
/** Other than what counts where nothing is said. */
const quietMs = ms.filter((value) => value !== 60_000);
const digits = fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const statuses = fc
  .array(fc.tuple(fc.integer({ min: 100, max: 599 }), fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 3 })
  .map((all) => all.map(([start, length]) => ({ start, end: Math.min(600, start + length) })));
const fields = fc.array(
  fc.record({
    name: fc.constantFrom('x-a', 'x-b'),
    value: fc.constantFrom('one', '50%'),
    action: fc.constantFrom('append' as const, 'overwrite' as const),
  }),
  { minLength: 1, maxLength: 2 },
);
const named = fc.constantFrom('pods.example', 'a:80');
const receive = fc.array(digits, { minLength: 1, maxLength: 3 });

const check: fc.Arbitrary<HealthCheckSpec['check']> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('http' as const),
      path: fc.constantFrom('/', '/healthz?full=1'),
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      expectedStatuses: statuses,
      host: named,
      http2: fc.constant(true as const),
      add: fields,
      remove: fc.constantFrom(['user-agent'], ['x-c', 'x-d']),
      send: digits,
      receive,
      receiveBytes: fc.integer({ min: 1, max: 1_000 }),
      retriableStatuses: statuses,
    },
    { requiredKeys: ['kind', 'path', 'method', 'expectedStatuses'] },
  ),
  fc.record({ kind: fc.constant('tcp' as const), send: digits, receive }, { requiredKeys: ['kind'] }),
  fc.record(
    { kind: fc.constant('grpc' as const), service: fc.constantFrom('', 'a.B'), authority: named, metadata: fields },
    { requiredKeys: ['kind', 'service'] },
  ),
);

export const healthCheck: fc.Arbitrary<HealthCheckSpec> = fc.record(
  {
    timeoutMs: ms,
    intervalMs: ms,
    unhealthyThreshold: fc.integer({ min: 1, max: 10 }),
    healthyThreshold: fc.integer({ min: 1, max: 10 }),
    check,
    intervalJitterMs: ms,
    intervalJitterPercent: fc.integer({ min: 1, max: 100 }),
    initialJitterMs: ms,
    noTrafficIntervalMs: quietMs,
    noTrafficHealthyIntervalMs: ms,
    unhealthyIntervalMs: ms,
    unhealthyEdgeIntervalMs: ms,
    healthyEdgeIntervalMs: ms,
    closesConnections: fc.constant(true as const),
    altPort: fc.integer({ min: 1, max: 65_535 }),
    logsFailures: fc.constant(true as const),
    logsSuccesses: fc.constant(true as const),
  },
  { requiredKeys: ['timeoutMs', 'intervalMs', 'unhealthyThreshold', 'healthyThreshold', 'check'] },
);

export const endpointCheck: fc.Arbitrary<EndpointCheckSpec> = fc
  .record(
    { port: fc.integer({ min: 1, max: 65_535 }), hostname: named, disabled: fc.constant(true as const) },
    { requiredKeys: [] },
  )
  .filter((spec) => Object.keys(spec).length > 0);

export const mirrors: fc.Arbitrary<readonly MirrorSpec[]> = fc.array(
  fc.record(
    {
      cluster: fc.constantFrom('one', 'two'),
      percent: fc.integer({ min: 0, max: 1_000_000 }).map((steps) => steps / 10_000),
      hostRewrite: named,
      keepsHost: fc.constant(true as const),
    },
    { requiredKeys: ['cluster', 'percent'] },
  ),
  { minLength: 1, maxLength: 2 },
);
