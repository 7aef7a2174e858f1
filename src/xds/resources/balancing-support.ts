// The part of the table of supported fields that is about load balancing and outlier detection. What is not honoured costs evenness, never correctness: nothing is refused.
import type { FieldSupport } from './support-row.ts';

function row(...supported: readonly string[]): FieldSupport {
  return { supported, refused: [] };
}

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const POLICIES = 'envoy.extensions.load_balancing_policies';
const SLOW_START = row('slow_start_window', 'aggression', 'min_weight_percent');
const HASHING = row('use_hostname_for_hashing', 'hash_balance_factor');

export const BALANCING_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.cluster.v3.OutlierDetection': row(
    'consecutive_5xx',
    'interval',
    'base_ejection_time',
    'max_ejection_percent',
    'enforcing_consecutive_5xx',
    'enforcing_success_rate',
    'success_rate_minimum_hosts',
    'success_rate_request_volume',
    'success_rate_stdev_factor',
    'consecutive_gateway_failure',
    'enforcing_consecutive_gateway_failure',
    'split_external_local_origin_errors',
    'consecutive_local_origin_failure',
    'enforcing_consecutive_local_origin_failure',
    'enforcing_local_origin_success_rate',
    'failure_percentage_threshold',
    'enforcing_failure_percentage',
    'enforcing_failure_percentage_local_origin',
    'failure_percentage_minimum_hosts',
    'failure_percentage_request_volume',
    'max_ejection_time',
    'max_ejection_time_jitter',
    'successful_active_health_check_uneject_host',
    'always_eject_one_host',
  ),
  [`${CLUSTER}.RoundRobinLbConfig`]: row('slow_start_config'),
  [`${CLUSTER}.LeastRequestLbConfig`]: row('choice_count', 'active_request_bias', 'slow_start_config'),
  [`${CLUSTER}.SlowStartConfig`]: SLOW_START,
  [`${CLUSTER}.RingHashLbConfig`]: row('minimum_ring_size', 'hash_function', 'maximum_ring_size'),
  [`${CLUSTER}.MaglevLbConfig`]: row('table_size'),
  [`${CLUSTER}.CommonLbConfig`]: row(
    'healthy_panic_threshold',
    'zone_aware_lb_config',
    'locality_weighted_lb_config',
    'consistent_hashing_lb_config',
    'override_host_status',
  ),
  [`${CLUSTER}.CommonLbConfig.ZoneAwareLbConfig`]: row('routing_enabled', 'min_cluster_size', 'fail_traffic_on_panic'),
  'envoy.config.core.v3.HealthStatusSet': row('statuses'),
  [`${CLUSTER}.CommonLbConfig.ConsistentHashingLbConfig`]: HASHING,
  // The rest of it would put other endpoints into subsets, or let requests out of them.
  [`${CLUSTER}.LbSubsetConfig`]: {
    supported: ['fallback_policy', 'default_subset', 'subset_selectors'],
    refused: ['list_as_any', 'metadata_fallback_policy'],
  },
  [`${CLUSTER}.LbSubsetConfig.LbSubsetSelector`]: row('keys', 'fallback_policy'),
  [`${POLICIES}.subset.v3.Subset`]: {
    supported: ['fallback_policy', 'default_subset', 'subset_selectors', 'subset_lb_policy'],
    refused: ['list_as_any', 'metadata_fallback_policy'],
  },
  [`${POLICIES}.subset.v3.Subset.LbSubsetSelector`]: row('keys', 'fallback_policy'),
  'envoy.config.cluster.v3.LoadBalancingPolicy': row('policies'),
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy': row('typed_extension_config'),
  // Envoy asks for the key; there is no run-time layer here that it could name something in.
  'envoy.config.core.v3.RuntimeDouble': row('default_value', 'runtime_key'),
  [`${POLICIES}.common.v3.ConsistentHashingLbConfig`]: HASHING,
  [`${POLICIES}.common.v3.LocalityLbConfig`]: row('zone_aware_lb_config', 'locality_weighted_lb_config'),
  [`${POLICIES}.common.v3.LocalityLbConfig.ZoneAwareLbConfig`]: row(
    'routing_enabled',
    'min_cluster_size',
    'fail_traffic_on_panic',
    'force_locality_direct_routing',
    'force_local_zone',
    'locality_basis',
  ),
  [`${POLICIES}.common.v3.LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone`]: row('min_size'),
  [`${POLICIES}.round_robin.v3.RoundRobin`]: row('slow_start_config', 'locality_lb_config'),
  [`${POLICIES}.common.v3.SlowStartConfig`]: SLOW_START,
  [`${POLICIES}.least_request.v3.LeastRequest`]: row(
    'choice_count',
    'active_request_bias',
    'enable_full_scan',
    'selection_method',
    'slow_start_config',
    'locality_lb_config',
  ),
  [`${POLICIES}.random.v3.Random`]: row('locality_lb_config'),
  [`${POLICIES}.wrr_locality.v3.WrrLocality`]: row('endpoint_picking_policy'),
  [`${POLICIES}.ring_hash.v3.RingHash`]: row(
    'hash_function',
    'minimum_ring_size',
    'maximum_ring_size',
    'use_hostname_for_hashing',
    'hash_balance_factor',
    'consistent_hashing_lb_config',
    'locality_weighted_lb_config',
  ),
  [`${POLICIES}.maglev.v3.Maglev`]: row('table_size', 'consistent_hashing_lb_config', 'locality_weighted_lb_config'),
  [`${POLICIES}.pick_first.v3.PickFirst`]: row('shuffle_address_list'),
  'switchboard.balancing.v1.PeakEwma': row('slow_start_config', 'locality_lb_config'),
};

const HASH_POLICY = 'envoy.config.route.v3.RouteAction.HashPolicy';

export const HASH_POLICY_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  [HASH_POLICY]: row('header', 'cookie', 'connection_properties', 'query_parameter', 'terminal'),
  [`${HASH_POLICY}.Header`]: row('header_name', 'regex_rewrite'),
  [`${HASH_POLICY}.Cookie`]: row('name', 'ttl', 'path', 'attributes'),
  [`${HASH_POLICY}.CookieAttribute`]: row('name', 'value'),
  [`${HASH_POLICY}.ConnectionProperties`]: row('source_ip'),
  [`${HASH_POLICY}.QueryParameter`]: row('name'),
};
