// The part of the table of supported fields that is about endpoints.
import type { FieldSupport } from './support-row.ts';

export const ENDPOINT_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.endpoint.v3.ClusterLoadAssignment': {
    supported: ['cluster_name', 'endpoints', 'policy'],
    refused: [],
  },
  'envoy.config.endpoint.v3.ClusterLoadAssignment.Policy': { supported: ['overprovisioning_factor'], refused: [] },
  'envoy.config.endpoint.v3.LocalityLbEndpoints': {
    supported: ['locality', 'lb_endpoints', 'load_balancing_weight', 'priority'],
    refused: ['#7', '#8'],
  },
  'envoy.config.endpoint.v3.LbEndpoint': {
    supported: ['endpoint', 'health_status', 'metadata', 'load_balancing_weight'],
    refused: ['endpoint_name'],
  },
  'envoy.config.endpoint.v3.Endpoint': { supported: ['address', 'hostname', 'health_check_config'], refused: [] },
  'envoy.config.endpoint.v3.Endpoint.HealthCheckConfig': {
    supported: ['port_value', 'hostname', 'disable_active_health_check'],
    refused: ['address'],
  },
};
