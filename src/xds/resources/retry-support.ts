// The part of the table of supported fields that is about retries and hedging. What is not honoured would repeat requests that nobody wants repeated: it is refused.
import type { FieldSupport } from './support-row.ts';

export const RETRY_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.config.route.v3.RetryPolicy': {
    supported: [
      'retry_on',
      'num_retries',
      'retry_priority',
      'retry_host_predicate',
      'host_selection_retry_max_attempts',
      'retriable_status_codes',
      'retry_back_off',
      'retriable_headers',
      'retriable_request_headers',
      'rate_limited_retry_back_off',
      'per_try_timeout',
      'per_try_idle_timeout',
    ],
    refused: 'every-other',
  },
  'envoy.config.route.v3.RetryPolicy.RetryHostPredicate': {
    supported: ['name', 'typed_config'],
    refused: 'every-other',
  },
  'envoy.config.route.v3.RetryPolicy.RetryPriority': { supported: ['name', 'typed_config'], refused: 'every-other' },
  'envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig': {
    supported: ['metadata_match'],
    refused: 'every-other',
  },
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig': {
    supported: ['update_frequency'],
    refused: 'every-other',
  },
  'envoy.config.route.v3.RetryPolicy.RetryBackOff': {
    supported: ['base_interval', 'max_interval'],
    refused: 'every-other',
  },
  'envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff': {
    supported: ['reset_headers', 'max_interval'],
    refused: 'every-other',
  },
  'envoy.config.route.v3.RetryPolicy.ResetHeader': { supported: ['name', 'format'], refused: 'every-other' },
  'envoy.config.route.v3.HedgePolicy': { supported: ['hedge_on_per_try_timeout'], refused: 'every-other' },
};
