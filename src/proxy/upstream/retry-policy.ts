// When a failed attempt may be made again: what the route says, or the table that holds where it says nothing.
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { RetryCondition, RetryPolicySpec } from '../../model/route-spec.ts';

/** Attempts after the first, where no policy is given. */
export const MAX_RETRIES = 2;

/** Methods whose repetition means the same as one request, as far as this table goes (RFC 9110 section 9.2.2, without TRACE). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT_METHODS.has(method);
}

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** Statuses that are retried, as a table by status; `null` = none is. */
  readonly statuses: Uint8Array | null;
  /** Of the pause before each retry; `null` = a pause only before an endpoint that was tried already. */
  readonly backOff: { readonly baseMs: number; readonly maxMs: number } | null;
  /** An endpoint that cannot be reached does not count as an attempt while there are others. */
  readonly passesOver: boolean;
  /**
   * Nothing of an answer has reached the caller. `unsent`: the upstream has provably seen nothing of the request. `idempotent`: repeating
   * the request is as good as sending it once.
   */
  retriesFailure(code: ErrorCode, unsent: boolean, idempotent: boolean): boolean;
}

/** What was not seen by the upstream goes again whatever its method; otherwise the row of the error decides. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxRetries: MAX_RETRIES,
  statuses: null,
  backOff: null,
  passesOver: true,
  retriesFailure(code, unsent, idempotent) {
    const rule = ERRORS[code].retry;
    if (rule === 'never') return false;
    return unsent || rule === 'always' || idempotent;
  },
};

const HIGHEST_STATUS = 599;
/** What each condition says of statuses, from and to. */
const STATUS_RANGES: Readonly<Partial<Record<RetryCondition, readonly [number, number]>>> = {
  'gateway-error': [502, 504],
  '5xx': [500, HIGHEST_STATUS],
  'retriable-4xx': [409, 409],
};
const CONNECT_CONDITIONS: readonly RetryCondition[] = ['connect-failure', 'reset-before-request', 'reset', '5xx'];
const RESET_CONDITIONS: readonly RetryCondition[] = ['reset', '5xx'];

/** Failures without an answer; a timeout of the route is none of them, for it ends all attempts. */
const RESETS: ReadonlySet<ErrorCode> = new Set([
  'upstream_connection_failure',
  'upstream_connection_termination',
  'upstream_protocol_error',
]);

/** Called at update time. Source of the conditions' meaning: Envoy's router, x-envoy-retry-on. */
export function compileRetryPolicy(spec: RetryPolicySpec | undefined): RetryPolicy {
  if (spec === undefined) return DEFAULT_RETRY_POLICY;
  const onUnsent = CONNECT_CONDITIONS.some((condition) => spec.on.includes(condition));
  const onReset = RESET_CONDITIONS.some((condition) => spec.on.includes(condition));
  return {
    maxRetries: spec.numRetries,
    statuses: compileStatuses(spec),
    backOff: spec.backOff ?? null,
    passesOver: false,
    retriesFailure: (code, unsent) => RESETS.has(code) && (unsent ? onUnsent : onReset),
  };
}

function compileStatuses(spec: RetryPolicySpec): Uint8Array | null {
  const statuses = new Uint8Array(HIGHEST_STATUS + 1);
  for (const condition of spec.on) {
    const [from, to] = STATUS_RANGES[condition] ?? [0, -1];
    if (to >= from) statuses.fill(1, from, to + 1);
  }
  if (spec.on.includes('retriable-status-codes')) for (const status of spec.statusCodes) statuses[status] = 1;
  return statuses.includes(1) ? statuses : null;
}
