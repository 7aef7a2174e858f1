// The part of the table of supported fields that is about the connections of a cluster, what it may have in use, and how its endpoints are asked, and of copies of requests.
import type { FieldSupport } from './support-row.ts';

const CHECK = 'envoy.config.core.v3.HealthCheck';
const BREAKERS = 'envoy.config.cluster.v3.CircuitBreakers';

export const UPSTREAM_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.route.v3.RouteAction.RequestMirrorPolicy': {
    supported: ['cluster', 'runtime_fraction', 'disable_shadow_host_suffix_append', 'host_rewrite_literal'],
    // Copies would go to another place, or be others.
    refused: ['cluster_header', '#7'],
  },
  // There is no run-time layer here that the key could name something in.
  'envoy.config.core.v3.RuntimeFractionalPercent': { supported: ['default_value', 'runtime_key'], refused: [] },
  [CHECK]: {
    supported: [
      'timeout',
      'interval',
      'interval_jitter',
      'unhealthy_threshold',
      'healthy_threshold',
      'alt_port',
      'reuse_connection',
      'http_health_check',
      'tcp_health_check',
      'grpc_health_check',
      'no_traffic_interval',
      'unhealthy_interval',
      'unhealthy_edge_interval',
      'healthy_edge_interval',
      'interval_jitter_percent',
      'always_log_health_check_failures',
      'initial_jitter',
      'no_traffic_healthy_interval',
      'always_log_health_check_success',
    ],
    // Another check, or another transport, would be asked for something else.
    refused: ['custom_health_check', 'transport_socket_match_criteria'],
  },
  [`${CHECK}.HttpHealthCheck`]: {
    supported: [
      'host',
      'path',
      'send',
      'receive',
      'request_headers_to_add',
      'request_headers_to_remove',
      'expected_statuses',
      'codec_client_type',
      'retriable_statuses',
      'method',
      'response_buffer_size',
    ],
    refused: ['service_name_matcher'],
  },
  [`${CHECK}.TcpHealthCheck`]: { supported: ['send', 'receive'], refused: ['#3'] },
  [`${CHECK}.GrpcHealthCheck`]: { supported: ['service_name', 'authority', 'initial_metadata'], refused: [] },
  'envoy.config.cluster.v3.UpstreamConnectionOptions': { supported: ['tcp_keepalive'], refused: [] },
  'envoy.config.core.v3.TcpKeepalive': {
    supported: ['keepalive_probes', 'keepalive_time', 'keepalive_interval'],
    refused: [],
  },
  [BREAKERS]: { supported: ['thresholds', 'per_host_thresholds'], refused: [] },
  [`${BREAKERS}.Thresholds`]: {
    supported: [
      'priority',
      'max_connections',
      'max_pending_requests',
      'max_requests',
      'track_remaining',
      'max_connection_pools',
      'max_retries',
      'retry_budget',
    ],
    refused: [],
  },
  [`${BREAKERS}.Thresholds.RetryBudget`]: { supported: ['budget_percent', 'min_retry_concurrency'], refused: [] },
};
