// TrafficPolicy's healthCheck as the spec of a cluster.
import type { HealthCheckSection } from '../../kube/traffic-policy/health-check-section.ts';
import { type HealthCheckSpec, OK_ONLY } from '../../model/health-check-spec.ts';
import { msOf } from './duration-ms.ts';

const DEFAULTS = { intervalMs: 10_000, timeoutMs: 1_000, unhealthyThreshold: 3, healthyThreshold: 2 };

export function healthCheckOf(section: HealthCheckSection): HealthCheckSpec {
  const { port, unhealthyInterval, noTrafficInterval } = section;
  return {
    intervalMs: msOf(section.interval) ?? DEFAULTS.intervalMs,
    timeoutMs: msOf(section.timeout) ?? DEFAULTS.timeoutMs,
    unhealthyThreshold: section.unhealthyThreshold ?? DEFAULTS.unhealthyThreshold,
    healthyThreshold: section.healthyThreshold ?? DEFAULTS.healthyThreshold,
    ...(unhealthyInterval === undefined ? {} : { unhealthyIntervalMs: msOf(unhealthyInterval) }),
    ...(noTrafficInterval === undefined ? {} : { noTrafficIntervalMs: msOf(noTrafficInterval) }),
    ...(port === undefined ? {} : { altPort: port }),
    check: checkOf(section),
  };
}

/** It has one of the three. */
function checkOf({ http, grpc }: HealthCheckSection): HealthCheckSpec['check'] {
  if (grpc !== undefined) return { kind: 'grpc', service: grpc.service ?? '' };
  if (http === undefined) return { kind: 'tcp' };
  const { path, host, expectedStatuses } = http;
  return {
    kind: 'http',
    path,
    method: 'GET',
    expectedStatuses: expectedStatuses?.map(({ start, end = start }) => ({ start, end: end + 1 })) ?? OK_ONLY,
    ...(host === undefined ? {} : { host }),
  };
}
