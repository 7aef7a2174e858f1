// Whose x-envoy-… headers count: who may say for single requests how long they take and how often they are tried, and who is told.
import type { CidrRangeSpec } from './filter-chain-match-spec.ts';

/**
 * Absent in a listener: such headers pass as they came, and change nothing. Source: use_remote_address, internal_address_config and skip_xff_append of
 * HttpConnectionManager, and its Router.
 */
export interface EnvoyHeadersSpec {
  /** Whose requests are internal: what they ask for counts, of others it is removed. Empty = nobody's. */
  readonly internal: readonly CidrRangeSpec[];
  /** Who a request is from: the one address in its x-forwarded-for, or who has made the connection where there is no such field. */
  readonly caller: 'forwarded-for' | 'connection';
  /** Pods are told who has made the connection, behind what x-forwarded-for says. Only where `caller` is `connection`. */
  readonly addsForwardedFor?: true;
  /** The time that a caller's proxy expects (x-envoy-expected-rq-timeout-ms) goes before what the caller asks for. Source: respect_expected_rq_timeout. */
  readonly respectsExpectedTimeout?: true;
  /** Neither pods nor callers are told how long a request may take, or took. Source: suppress_envoy_headers. */
  readonly suppressed?: true;
}
