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
    supported: ['delay', 'abort', 'upstream_cluster', 'headers', 'max_active_faults'],
    refused: ['downstream_nodes', '#7'],
  },
  'envoy.extensions.filters.http.fault.v3.FaultAbort': {
    supported: ['http_status', 'grpc_status', 'header_abort', 'percentage'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.filters.common.fault.v3.FaultDelay': {
    supported: ['fixed_delay', 'header_delay', 'percentage'],
    refused: EVERY_OTHER,
  },
  'envoy.type.v3.FractionalPercent': { supported: ['numerator', 'denominator'], refused: EVERY_OTHER },
};
