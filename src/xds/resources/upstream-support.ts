// The part of the table of supported fields that is about what a cluster may have in use.
import type { FieldSupport } from './support-row.ts';

const BREAKERS = 'envoy.config.cluster.v3.CircuitBreakers';

export const UPSTREAM_SUPPORT: Readonly<Record<string, FieldSupport>> = {
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
