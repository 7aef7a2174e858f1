// Endpoints that sessions may stay with: ClusterSpec.sessionHealths ↔ common_lb_config.override_host_status.
import { type ClusterSpec, DEFAULT_SESSION_HEALTHS } from '../../model/cluster-spec.ts';
import { ENDPOINT_HEALTHS } from '../../model/endpoint-spec.ts';
import { HealthStatus, type HealthStatusSet } from '../gen/envoy/config/core/v3/health_check_pb.ts';
import { decodeHealth, HEALTH_TO_WIRE } from './endpoint-health.ts';

/** What is not known counts as healthy, here and for Envoy. */
export function encodeSessionHealths(healths: ClusterSpec['sessionHealths']) {
  if (healths === undefined) return {};
  const unknown = healths.includes('healthy') ? [HealthStatus.UNKNOWN] : [];
  return { overrideHostStatus: { statuses: [...unknown, ...healths.map((one) => HEALTH_TO_WIRE[one])] } };
}

/** Empty = as it is where nothing is said, as for Envoy. */
export function decodeSessionHealths(message: HealthStatusSet | undefined): Pick<ClusterSpec, 'sessionHealths'> {
  const said = new Set(message?.statuses.map(decodeHealth));
  const sessionHealths = ENDPOINT_HEALTHS.filter((health) => said.has(health));
  const usual = sessionHealths.length === 0 || sessionHealths.join() === DEFAULT_SESSION_HEALTHS.join();
  return usual ? {} : { sessionHealths };
}
