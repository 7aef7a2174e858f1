// EndpointHealth ↔ envoy.config.core.v3.HealthStatus.
import type { EndpointHealth } from '../../model/endpoint-spec.ts';
import { HealthStatus } from '../gen/envoy/config/core/v3/health_check_pb.ts';

export const HEALTH_TO_WIRE: Readonly<Record<EndpointHealth, HealthStatus>> = {
  healthy: HealthStatus.HEALTHY,
  degraded: HealthStatus.DEGRADED,
  draining: HealthStatus.DRAINING,
  unhealthy: HealthStatus.UNHEALTHY,
};

export function decodeHealth(status: HealthStatus): EndpointHealth {
  if (status === HealthStatus.UNKNOWN || status === HealthStatus.HEALTHY) return 'healthy';
  if (status === HealthStatus.DEGRADED) return 'degraded';
  return status === HealthStatus.DRAINING ? 'draining' : 'unhealthy';
}
