// When a failed attempt may be made again: what the route says, or what is safe by itself where it says nothing; compiled.
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { ResetBackOffSpec, RetryCondition, RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { type AnswerCondition, compileAnswerCondition } from './answer-condition.ts';
import { compileHeader, type RequestCondition } from './request-condition.ts';

/** Attempts after the first, where no policy is given. */
export const MAX_RETRIES = 2;

/** Methods whose repetition means the same as one request, as far as this table goes (RFC 9110 section 9.2.2, without TRACE). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Repeating the request is as good as sending it once: by its method, or because its caller says so. */
export function isIdempotent(head: RequestHead): boolean {
  return IDEMPOTENT_METHODS.has(head.method) || head.find('idempotency-key') >= 0;
}

/** Values of `RetryPolicy.statuses`. */
export const NEVER = 0;
export const FOR_IDEMPOTENT = 1;
export const FOR_ANY = 2;

export interface RetryPolicy {
  /** What it was compiled from. */
  readonly spec: RetryPolicySpec;
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** Which answers are retried, as a table by status; `null` = none is for its status. */
  readonly statuses: Uint8Array | null;
  /** Which others are, by their heads; null = none. */
  readonly answers: AnswerCondition | null;
  /** Answers with x-envoy-ratelimited are retried. Those are for no other reason. */
  readonly rateLimited: boolean;
  /** Which requests it is about; null = all. */
  readonly requests: RequestCondition | null;
  /** Of the pause before each retry; `null` = a pause only before an endpoint that was tried already. */
  readonly backOff: { readonly baseMs: number; readonly maxMs: number } | null;
  /** Answers may say how long to wait; null = they are not asked. */
  readonly resetBackOff: ResetBackOffSpec | null;
  /** Until the answer of a try begins, and without a byte, ms; 0 = for ever. */
  readonly tryTimeoutMs: number;
  readonly tryIdleTimeoutMs: number;
  /** One of both is not 0. */
  readonly limitsTries: boolean;
  /** A try that is not answered in time goes on beside the next. */
  readonly hedges: boolean;
  /** Labels of endpoints that retries rather pass over; empty = none. */
  readonly avoids: readonly (readonly (readonly [string, string])[])[];
  /** After so many attempts their priorities are left out; 0 = never. */
  readonly attemptsPerPriority: number;
  /** One of both says something. */
  readonly prefers: boolean;
  /** An endpoint that cannot be reached does not count as an attempt while there are others. */
  readonly passesOver: boolean;
  /**
   * Nothing of an answer has reached the caller. `upstream_timeout`: of this try alone. `unsent`: the upstream has provably seen nothing of the
   * request. `idempotent`: as `isIdempotent`.
   */
  retriesFailure(code: ErrorCode, unsent: boolean, idempotent: boolean): boolean;
}

const HIGHEST_STATUS = 599;
/** What each condition says of statuses, from and to. */
const STATUS_RANGES: Readonly<Partial<Record<RetryCondition, readonly [number, number]>>> = {
  'gateway-error': [502, 504],
  '5xx': [500, HIGHEST_STATUS],
  'retriable-4xx': [409, 409],
};
const SAFE_STATUSES = [502, 503, 504];

/** These ask for another attempt whenever no answer came (seen in Envoy 1.40, whose documentation names two of them). */
const RESET_CONDITIONS: readonly RetryCondition[] = ['reset', '5xx', 'gateway-error'];
const CONNECT_CONDITIONS: readonly RetryCondition[] = ['connect-failure', 'reset-before-request'];

/** Failures without an answer; the timeout of a route never asks, for it ends all attempts. */
const RESETS: ReadonlySet<ErrorCode> = new Set([
  'upstream_connection_failure',
  'upstream_connection_termination',
  'upstream_protocol_error',
  'upstream_timeout',
]);

const SAFE: RetryPolicySpec = { on: ['switchboard-safe'], numRetries: MAX_RETRIES, statusCodes: [] };

/** What was not seen by the upstream goes again whatever its method; otherwise the row of the error decides. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = compileRetryPolicy();

/** Of requests that a policy is not about. */
export const NO_RETRIES: RetryPolicy = compileRetryPolicy({ on: [], numRetries: 0, statusCodes: [] });

/** Called at update time. Throws for a pattern that is not RE2's. Source of the conditions' meaning: Envoy's router, x-envoy-retry-on. */
export function compileRetryPolicy(spec: RetryPolicySpec = SAFE): RetryPolicy {
  const { on, numRetries, statusCodes, answerHeaders = [], requestHeaders, backOff } = spec;
  const { perTryTimeoutMs = 0, perTryIdleTimeoutMs = 0, avoids = [], attemptsPerPriority = 0 } = spec;
  const asks = (condition: RetryCondition): boolean => on.includes(condition);
  const isSafe = asks('switchboard-safe');
  const onReset = RESET_CONDITIONS.some(asks);
  const onUnreached = onReset || CONNECT_CONDITIONS.some(asks);
  const onRefused = onReset || asks('refused-stream');
  return {
    spec,
    maxRetries: numRetries,
    statuses: compileStatuses(on, statusCodes),
    answers: compileAnswerCondition(on, answerHeaders),
    rateLimited: asks('envoy-ratelimited'),
    requests: requestHeaders === undefined ? null : anyOf(requestHeaders.map(compileHeader)),
    backOff: backOff ?? null,
    resetBackOff: spec.resetBackOff ?? null,
    tryTimeoutMs: perTryTimeoutMs,
    tryIdleTimeoutMs: perTryIdleTimeoutMs,
    limitsTries: perTryTimeoutMs > 0 || perTryIdleTimeoutMs > 0,
    hedges: spec.hedgeOnPerTryTimeout === true,
    avoids: avoids.map((labels) => Object.entries(labels)),
    attemptsPerPriority,
    prefers: avoids.length > 0 || attemptsPerPriority > 0,
    passesOver: isSafe,
    retriesFailure(code, unsent, idempotent) {
      if (isSafe && isSafeFailure(code, unsent, idempotent)) return true;
      if (!RESETS.has(code)) return false;
      if (!unsent) return onReset;
      return code === 'upstream_connection_failure' ? onUnreached : onRefused;
    },
  };
}

function anyOf(conditions: readonly RequestCondition[]): RequestCondition {
  return { matches: (head) => conditions.some((condition) => condition.matches(head)) };
}

function isSafeFailure(code: ErrorCode, unsent: boolean, idempotent: boolean): boolean {
  if (code === 'upstream_timeout') return idempotent;
  const rule = ERRORS[code].retry;
  if (rule === 'never') return false;
  return unsent || rule === 'always' || idempotent;
}

function compileStatuses(on: readonly RetryCondition[], statusCodes: readonly number[]): Uint8Array | null {
  const statuses = new Uint8Array(HIGHEST_STATUS + 1);
  if (on.includes('switchboard-safe')) for (const status of SAFE_STATUSES) statuses[status] = FOR_IDEMPOTENT;
  for (const condition of on) {
    const [from, to] = STATUS_RANGES[condition] ?? [0, -1];
    if (to >= from) statuses.fill(FOR_ANY, from, to + 1);
  }
  if (on.includes('retriable-status-codes')) for (const status of statusCodes) statuses[status] = FOR_ANY;
  return statuses.some((rule) => rule !== NEVER) ? statuses : null;
}
