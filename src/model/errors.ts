// The one table of everything that can end a request early: what callers are told, what the log says, what may be retried.

/** Who caused it: the sidecar or its configuration, the upstream, or the caller. */
export type ErrorSide = 'local' | 'upstream' | 'downstream';

/**
 * When another attempt is safe: `never`; `always`; `if-unprocessed`, the upstream has provably not acted on it; `if-idempotent`, by
 * method (GET, HEAD, OPTIONS, PUT, DELETE) or an Idempotency-Key.
 */
export type RetryRule = 'never' | 'always' | 'if-unprocessed' | 'if-idempotent';

export interface ErrorRow {
  readonly side: ErrorSide;
  /** HTTP status of the local reply; 0 = there is nobody to answer, or the answer is the upstream's own. */
  readonly status: number;
  /** Source: grpc/grpc doc/http-grpc-status-mapping and statuscodes. */
  readonly grpcStatus: number;
  readonly retry: RetryRule;
  /** Envoy's response flag. */
  readonly flag: string;
  /** What happened and what to do. `{detail}` is where the particulars go. */
  readonly sentence: string;
}

export const ERRORS = {
  no_route: {
    side: 'local',
    status: 404,
    grpcStatus: 12,
    retry: 'never',
    flag: 'NR',
    sentence: 'No Service answers to this address: {detail}',
  },
  not_configured: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'NC',
    sentence: 'This sidecar has no configuration for the address, which it asked for: {detail}.',
  },
  cluster_not_found: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'NC',
    sentence:
      'The route names a cluster that this sidecar does not hold: {detail}. Look at /config_dump of its admin pages.',
  },
  upgrade_not_allowed: {
    side: 'local',
    status: 403,
    grpcStatus: 7,
    retry: 'never',
    flag: 'NR',
    sentence:
      'Neither its route nor the listener lets this request upgrade: {detail}. Add the protocol to upgrade_configs of one of them.',
  },
  upgrade_refused: {
    side: 'upstream',
    status: 502,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UPE',
    sentence: 'The pod does not upgrade the connection as it was asked to: {detail}',
  },
  no_healthy_upstream: {
    side: 'upstream',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UH',
    sentence:
      'No pod of the Service can take the request: {detail}. Look at `switchboard endpoints` and at the readiness of its pods.',
  },
  session_lost: {
    side: 'upstream',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UH',
    sentence: 'The session cannot go on: {detail}. Its Service or route says that sessions fail then (on-loss: fail).',
  },
  upstream_overflow: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UO',
    sentence:
      'The Service has as much in use from this sidecar as its circuit breaker allows: {detail}. Send less at a time, or raise the limit.',
  },
  upstream_connection_failure: {
    side: 'upstream',
    status: 503,
    grpcStatus: 14,
    retry: 'always',
    flag: 'UF',
    sentence: 'The pod could not be reached: {detail}. Check that it listens on its targetPort.',
  },
  upstream_connection_termination: {
    side: 'upstream',
    status: 503,
    grpcStatus: 14,
    retry: 'if-idempotent',
    flag: 'UC',
    sentence: 'The pod closed the connection before it had answered: {detail}. Its log tells why.',
  },
  upstream_protocol_error: {
    side: 'upstream',
    status: 502,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UPE',
    sentence: 'The pod sent what is not valid HTTP/1.1: {detail}. Check the protocol of the port.',
  },
  retries_exhausted: {
    side: 'upstream',
    status: 0,
    grpcStatus: 14,
    retry: 'never',
    flag: 'URX',
    sentence: "The answer is the pod's own, after as many attempts as there may be: {detail}",
  },
  upstream_timeout: {
    side: 'upstream',
    status: 504,
    grpcStatus: 4,
    retry: 'never',
    flag: 'UT',
    sentence: 'The pod did not answer in time: {detail}',
  },
  malformed_request: {
    side: 'downstream',
    status: 400,
    grpcStatus: 13,
    retry: 'never',
    flag: 'DPE',
    sentence: 'The request is not valid HTTP: {detail}',
  },
  request_head_too_large: {
    side: 'downstream',
    status: 431,
    grpcStatus: 13,
    retry: 'never',
    flag: 'DPE',
    sentence: 'The request head is too large: {detail}',
  },
  request_head_timeout: {
    side: 'downstream',
    status: 408,
    grpcStatus: 4,
    retry: 'never',
    flag: 'SI',
    sentence: 'The request head did not arrive in time: {detail}',
  },
  request_body_timeout: {
    side: 'downstream',
    status: 408,
    grpcStatus: 4,
    retry: 'never',
    flag: 'SI',
    sentence: 'The request body did not arrive in time: {detail}',
  },
  downstream_stalled: {
    side: 'downstream',
    status: 0,
    grpcStatus: 1,
    retry: 'never',
    flag: 'SI',
    sentence: 'The caller has stopped reading its answer.',
  },
  stream_idle_timeout: {
    side: 'local',
    status: 0,
    grpcStatus: 1,
    retry: 'never',
    flag: 'SI',
    sentence: 'Nothing has passed in either direction: {detail}',
  },
  overloaded: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'OM',
    sentence:
      'The sidecar has more to do than it can and takes no new request: {detail}. Give it more CPU or memory, or send less; requests in work go on.',
  },
  rate_limited: {
    side: 'local',
    status: 429,
    grpcStatus: 14,
    retry: 'never',
    flag: 'RL',
    sentence: 'More requests have come than may pass: {detail}. Retry-After says when there is room again.',
  },
  concurrency_limited: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'UO',
    sentence:
      'More requests are in work than are taken well at a time, by how long they take: {detail}. Try again later, or add pods.',
  },
  fault_injected: {
    side: 'local',
    status: 503,
    grpcStatus: 14,
    retry: 'never',
    flag: 'FI',
    sentence: 'The request fails on purpose, by a fault that was configured: {detail}.',
  },
  downstream_gone: {
    side: 'downstream',
    status: 0,
    grpcStatus: 1,
    retry: 'never',
    flag: 'DC',
    sentence: 'The caller closed the connection before it had its answer.',
  },
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof ERRORS;

/** The sentence of `code` with its particulars, ready for a person. */
export function describeError(code: ErrorCode, detail: string): string {
  return ERRORS[code].sentence.replace('{detail}', () => detail);
}
