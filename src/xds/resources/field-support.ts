// The table of what the sidecar honours in messages of other control planes, what it refuses, and what it may leave out.

import { BALANCING_SUPPORT, HASH_POLICY_SUPPORT } from './balancing-support.ts';

export interface FieldSupport {
  /** Fields that we act on, or whose value the decoder checks itself. */
  readonly supported: readonly string[];
  /**
   * Fields that must not be ignored, because the configuration would then mean something else (traffic to another place, in another
   * form, or less protected). `#n` is a field that proto/ does not describe. `every-other` = all that is not supported.
   */
  readonly refused: readonly string[] | 'every-other';
}

const EVERY_OTHER = 'every-other';

const HEADER_CHANGES = [
  'request_headers_to_add',
  'request_headers_to_remove',
  'response_headers_to_add',
  'response_headers_to_remove',
];

/** By message type. What is in neither list is recorded by path and left out. A message that has no row is not looked into. */
export const FIELD_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.cluster.v3.Cluster': {
    supported: [
      'name',
      'type',
      'eds_cluster_config',
      'connect_timeout',
      'lb_policy',
      'load_balancing_policy',
      'round_robin_lb_config',
      'ring_hash_lb_config',
      'least_request_lb_config',
      'maglev_lb_config',
      'common_lb_config',
      'load_assignment',
      'dns_refresh_rate',
      'dns_failure_refresh_rate',
      'dns_jitter',
      'dns_lookup_family',
      'respect_dns_ttl',
      'transport_socket',
      'typed_extension_protocol_options',
      'metadata',
    ],
    refused: ['cluster_type', 'http2_protocol_options', 'transport_socket_matches', '#34', '#40'],
  },
  'envoy.config.cluster.v3.Cluster.RefreshRate': {
    supported: ['base_interval', 'max_interval'],
    refused: EVERY_OTHER,
  },
  ...BALANCING_SUPPORT,
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
  'envoy.config.endpoint.v3.Endpoint': { supported: ['address', 'hostname'], refused: [] },
  'envoy.config.listener.v3.Listener': {
    supported: [
      'name',
      'address',
      'additional_addresses',
      'filter_chains',
      'default_filter_chain',
      'listener_filters',
      'listener_filters_timeout',
      'continue_on_listener_filters_timeout',
      'bind_to_port',
      'use_original_dst',
      'traffic_direction',
    ],
    refused: ['api_listener', '#18', '#27', '#32', '#36'],
  },
  'envoy.config.listener.v3.FilterChain': {
    supported: ['filter_chain_match', 'filters', 'name', 'transport_socket'],
    refused: ['use_proxy_proto'],
  },
  'envoy.config.listener.v3.FilterChainMatch': {
    supported: ['destination_port', 'prefix_ranges', 'server_names', 'transport_protocol', 'application_protocols'],
    refused: EVERY_OTHER,
  },
  'envoy.config.core.v3.CidrRange': { supported: ['address_prefix', 'prefix_len'], refused: EVERY_OTHER },
  'envoy.config.listener.v3.ListenerFilter': { supported: ['name', 'typed_config'], refused: EVERY_OTHER },
  'envoy.extensions.filters.listener.original_dst.v3.OriginalDst': { supported: [], refused: [] },
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': { supported: [], refused: [] },
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector': { supported: [], refused: [] },
  'envoy.config.listener.v3.Filter': { supported: ['name', 'typed_config'], refused: EVERY_OTHER },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': {
    supported: [
      'codec_type',
      'stat_prefix',
      'rds',
      'route_config',
      'http_filters',
      'access_log',
      'common_http_protocol_options',
      'max_request_headers_kb',
      'request_headers_timeout',
      'request_timeout',
      'stream_idle_timeout',
      'upgrade_configs',
      'http2_protocol_options',
      'server_header_transformation',
    ],
    refused: [
      'normalize_path',
      'merge_slashes',
      'path_with_escaped_slashes_action',
      'strip_matching_host_port',
      'strip_any_host_port',
      'strip_trailing_host_dot',
      '#31',
      '#43',
      '#50',
      '#52',
    ],
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig': {
    supported: ['upgrade_type', 'filters', 'enabled'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy': {
    supported: ['stat_prefix', 'cluster', 'weighted_clusters', 'idle_timeout', 'access_log', 'max_connect_attempts'],
    refused: ['metadata_match', '#11', '#12', '#13', '#14', '#19', '#21'],
  },
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster': {
    supported: ['clusters'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight': {
    supported: ['name', 'weight'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': {
    supported: ['name', 'typed_config', 'is_optional', 'disabled'],
    refused: EVERY_OTHER,
  },
  'envoy.config.accesslog.v3.AccessLog': { supported: ['name', 'typed_config'], refused: [] },
  'envoy.extensions.access_loggers.file.v3.FileAccessLog': { supported: ['path'], refused: [] },
  'envoy.extensions.filters.http.on_demand.v3.OnDemand': { supported: [], refused: EVERY_OTHER },
  'envoy.extensions.filters.http.router.v3.Router': { supported: [], refused: ['#8'] },
  // Extended CONNECT is always taken: what may upgrade is said by upgrade_configs.
  'envoy.config.core.v3.Http2ProtocolOptions': { supported: ['allow_connect'], refused: [] },
  'envoy.config.core.v3.HttpProtocolOptions': {
    supported: [
      'idle_timeout',
      'max_headers_count',
      'max_connection_duration',
      'max_stream_duration',
      'max_requests_per_connection',
      'max_response_headers_kb',
    ],
    refused: [],
  },
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    supported: [
      'common_http_protocol_options',
      'explicit_http_config',
      'use_downstream_protocol_config',
      'auto_config',
    ],
    refused: ['#6', '#11'],
  },
  'envoy.config.route.v3.RouteConfiguration': {
    supported: [
      'name',
      'virtual_hosts',
      'validate_clusters',
      'ignore_port_in_host_matching',
      'most_specific_header_mutations_wins',
      'max_direct_response_body_size_bytes',
      ...HEADER_CHANGES,
    ],
    refused: ['internal_only_headers', 'typed_per_filter_config', 'vhds', '#15', '#18'],
  },
  'envoy.config.route.v3.VirtualHost': {
    supported: ['name', 'domains', 'routes', ...HEADER_CHANGES],
    refused: ['require_tls', 'retry_policy', 'hedge_policy', 'typed_per_filter_config', '#20', '#21'],
  },
  'envoy.config.route.v3.Route': {
    supported: ['match', 'route', 'redirect', 'direct_response', 'name', ...HEADER_CHANGES],
    refused: ['non_forwarding_action', 'typed_per_filter_config', '#17'],
  },
  'envoy.config.route.v3.RouteMatch': {
    supported: [
      'prefix',
      'path',
      'path_separated_prefix',
      'safe_regex',
      'connect_matcher',
      'case_sensitive',
      'headers',
      'query_parameters',
    ],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.HeaderMatcher': {
    supported: [
      'name',
      'exact_match',
      'safe_regex_match',
      'prefix_match',
      'suffix_match',
      'contains_match',
      'range_match',
      'present_match',
      'string_match',
      'invert_match',
      'treat_missing_header_as_empty',
    ],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.QueryParameterMatcher': {
    supported: ['name', 'string_match', 'present_match'],
    refused: EVERY_OTHER,
  },
  'envoy.type.matcher.v3.StringMatcher': {
    supported: ['exact', 'prefix', 'suffix', 'safe_regex', 'contains', 'ignore_case'],
    refused: EVERY_OTHER,
  },
  'envoy.type.matcher.v3.RegexMatcher': { supported: ['google_re2', 'regex'], refused: EVERY_OTHER },
  'envoy.type.matcher.v3.RegexMatchAndSubstitute': { supported: ['pattern', 'substitution'], refused: EVERY_OTHER },
  'envoy.config.core.v3.HeaderValueOption': {
    supported: ['header', 'append', 'append_action', 'keep_empty_value'],
    refused: EVERY_OTHER,
  },
  'envoy.config.core.v3.HeaderValue': { supported: ['key', 'value', 'raw_value'], refused: EVERY_OTHER },
  'envoy.config.route.v3.RedirectAction': {
    supported: [
      'https_redirect',
      'scheme_redirect',
      'host_redirect',
      'port_redirect',
      'path_redirect',
      'prefix_rewrite',
      'regex_rewrite',
      'response_code',
      'strip_query',
    ],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.DirectResponseAction': { supported: ['status', 'body'], refused: EVERY_OTHER },
  'envoy.config.core.v3.DataSource': {
    supported: ['filename', 'inline_bytes', 'inline_string', 'environment_variable'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.WeightedCluster': {
    supported: ['clusters', 'total_weight'],
    refused: ['header_name', 'use_hash_policy'],
  },
  'envoy.config.route.v3.WeightedCluster.ClusterWeight': {
    supported: ['name', 'weight', 'host_rewrite_literal', ...HEADER_CHANGES],
    refused: ['metadata_match', 'typed_per_filter_config', 'cluster_header'],
  },
  'envoy.config.route.v3.RouteAction': {
    supported: [
      'cluster',
      'weighted_clusters',
      'timeout',
      'idle_timeout',
      'max_stream_duration',
      'max_grpc_timeout',
      'grpc_timeout_offset',
      'retry_policy',
      'prefix_rewrite',
      'regex_rewrite',
      'host_rewrite_literal',
      'host_rewrite_header',
      'upgrade_configs',
      'hash_policy',
    ],
    refused: [
      'cluster_header',
      'cluster_specifier_plugin',
      'metadata_match',
      'auto_host_rewrite',
      'host_rewrite_path_regex',
      'append_x_forwarded_host',
      'hedge_policy',
      '#26',
      '#33',
      '#34',
      '#39',
      '#41',
      '#44',
      '#45',
    ],
  },
  ...HASH_POLICY_SUPPORT,
  'envoy.config.route.v3.RouteAction.MaxStreamDuration': {
    supported: ['max_stream_duration', 'grpc_timeout_header_max', 'grpc_timeout_header_offset'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RouteAction.UpgradeConfig': {
    supported: ['upgrade_type', 'enabled', 'connect_config'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RetryPolicy': {
    supported: [
      'retry_on',
      'num_retries',
      'retry_host_predicate',
      'host_selection_retry_max_attempts',
      'retriable_status_codes',
      'retry_back_off',
    ],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RetryPolicy.RetryHostPredicate': { supported: ['name', 'typed_config'], refused: EVERY_OTHER },
  'envoy.config.route.v3.RetryPolicy.RetryBackOff': {
    supported: ['base_interval', 'max_interval'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': {
    supported: ['common_tls_context', 'sni'],
    refused: ['#3', '#6', '#7'],
  },
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': {
    supported: ['common_tls_context', 'require_client_certificate'],
    refused: ['#3', '#8'],
  },
  'envoy.extensions.transport_sockets.tls.v3.CommonTlsContext': {
    supported: ['tls_params', 'tls_certificates', 'validation_context', 'alpn_protocols'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.TlsParameters': {
    supported: ['tls_minimum_protocol_version', 'tls_maximum_protocol_version'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.TlsCertificate': {
    supported: ['certificate_chain', 'private_key', 'password'],
    refused: ['#6', '#8'],
  },
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext': {
    supported: ['trusted_ca', 'trust_chain_verification', 'match_typed_subject_alt_names', 'system_root_certs'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher': {
    supported: ['san_type', 'matcher'],
    refused: EVERY_OTHER,
  },
  'envoy.config.bootstrap.v3.Bootstrap': {
    supported: ['node', 'static_resources', 'dynamic_resources', 'admin'],
    refused: ['#21', '#22', '#23', '#24', '#37'],
  },
  'envoy.config.bootstrap.v3.Bootstrap.StaticResources': { supported: ['listeners', 'clusters'], refused: EVERY_OTHER },
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources': {
    supported: ['lds_config', 'cds_config', 'ads_config'],
    refused: EVERY_OTHER,
  },
  'envoy.config.bootstrap.v3.Admin': { supported: ['address'], refused: ['#7'] },
  'envoy.config.core.v3.ApiConfigSource': {
    supported: ['api_type', 'grpc_services', 'transport_api_version', 'set_node_on_first_message_only'],
    refused: ['cluster_names', '#9'],
  },
  'envoy.config.core.v3.GrpcService': { supported: ['envoy_grpc'], refused: ['initial_metadata', '#2'] },
  'envoy.config.core.v3.GrpcService.EnvoyGrpc': { supported: ['cluster_name'], refused: ['authority'] },
  'envoy.config.core.v3.Node': { supported: ['id', 'cluster', 'metadata', 'locality'], refused: [] },
};
