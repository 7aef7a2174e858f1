// The rows of HTTP filters in the table of supported fields.
import type { FieldSupport } from './support-row.ts';

const EVERY_OTHER = 'every-other';

export const HTTP_FILTER_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.route.v3.FilterConfig': { supported: ['config', 'is_optional', 'disabled'], refused: EVERY_OTHER },
  'envoy.extensions.filters.http.stateful_session.v3.StatefulSession': {
    supported: ['session_state', 'strict', 'status_on_strict_destination_not_found'],
    refused: [],
  },
  'envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute': {
    supported: ['disabled', 'stateful_session'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState': {
    supported: ['cookie'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState': {
    supported: ['name'],
    refused: EVERY_OTHER,
  },
  'envoy.type.http.v3.Cookie': { supported: ['name', 'ttl', 'path', 'attributes'], refused: [] },
  'envoy.type.http.v3.CookieAttribute': { supported: ['name', 'value'], refused: [] },
  // Runtime keys change nothing while nobody sets them; statistics by caller are not kept.
  'envoy.extensions.filters.http.fault.v3.HTTPFault': {
    supported: ['delay', 'abort', 'upstream_cluster', 'headers', 'max_active_faults', 'response_rate_limit'],
    refused: ['downstream_nodes'],
  },
  'envoy.extensions.filters.common.fault.v3.FaultRateLimit': {
    supported: ['fixed_limit', 'header_limit', 'percentage'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.fault.v3.FaultAbort': {
    supported: ['http_status', 'grpc_status', 'header_abort', 'percentage'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.common.fault.v3.FaultDelay': {
    supported: ['fixed_delay', 'header_delay', 'percentage'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit': {
    supported: [
      'stat_prefix',
      'status',
      'token_bucket',
      'descriptors',
      'rate_limits',
      'always_consume_default_token_bucket',
      'filter_enabled',
      'filter_enforced',
      'response_headers_to_add',
      'request_headers_to_add_when_not_enforced',
      'rate_limited_as_resource_exhausted',
      'enable_x_ratelimit_headers',
      'enable_retry_after_header',
    ],
    // Buckets of connections or of several sidecars.
    refused: ['local_rate_limit_per_downstream_connection', '#16'],
  },
  'envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor': {
    supported: ['entries', 'token_bucket'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry': {
    supported: ['key', 'value'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RateLimit': { supported: ['actions'], refused: EVERY_OTHER },
  'envoy.config.route.v3.RateLimit.Action': {
    supported: ['request_headers', 'remote_address', 'generic_key', 'header_value_match'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RateLimit.Action.RequestHeaders': {
    supported: ['header_name', 'descriptor_key', 'skip_if_absent'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RateLimit.Action.GenericKey': {
    supported: ['descriptor_value', 'descriptor_key'],
    refused: EVERY_OTHER,
  },
  'envoy.config.route.v3.RateLimit.Action.HeaderValueMatch': {
    supported: ['descriptor_value', 'expect_match', 'headers', 'descriptor_key'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency': {
    supported: ['gradient_controller_config', 'enabled', 'concurrency_limit_exceeded_status'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig': {
    supported: ['sample_aggregate_percentile', 'concurrency_limit_params', 'min_rtt_calc_params'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams': {
    supported: ['max_concurrency_limit', 'min_concurrency_limit', 'concurrency_update_interval'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams': {
    supported: ['interval', 'fixed_value', 'request_count', 'jitter', 'min_concurrency', 'buffer'],
    refused: EVERY_OTHER,
  },
  'envoy.config.core.v3.RuntimeFeatureFlag': { supported: ['default_value', 'runtime_key'], refused: EVERY_OTHER },
  'envoy.type.v3.TokenBucket': {
    supported: ['max_tokens', 'tokens_per_fill', 'fill_interval'],
    refused: EVERY_OTHER,
  },
  'envoy.type.v3.HttpStatus': { supported: ['code'], refused: EVERY_OTHER },
  'envoy.extensions.filters.http.cors.v3.Cors': { supported: [], refused: EVERY_OTHER },
  'envoy.extensions.filters.http.cors.v3.CorsPolicy': {
    supported: [
      'allow_origin_string_match',
      'allow_methods',
      'allow_headers',
      'expose_headers',
      'max_age',
      'allow_credentials',
      'filter_enabled',
      'shadow_enabled',
      'allow_private_network_access',
      'forward_not_matching_preflights',
    ],
    refused: EVERY_OTHER,
  },
  // Nobody changes runtime keys here.
  'envoy.config.core.v3.RuntimeFractionalPercent': {
    supported: ['default_value', 'runtime_key'],
    refused: EVERY_OTHER,
  },
  'envoy.type.v3.FractionalPercent': { supported: ['numerator', 'denominator'], refused: EVERY_OTHER },
};
