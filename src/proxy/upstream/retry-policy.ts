// When a failed attempt may be made again: the table that holds where no policy is given.
import { ERRORS, type ErrorCode } from '../../model/errors.ts';

/** Attempts after the first. */
export const MAX_RETRIES = 2;

/** Methods whose repetition means the same as one request, as far as this table goes (RFC 9110 section 9.2.2, without TRACE). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT_METHODS.has(method);
}

/**
 * Nothing of an answer has reached the caller. `unsent`: the upstream has provably seen nothing of the request, so any method may go
 * again; otherwise the row of the error decides.
 */
export function mayRetry(code: ErrorCode, unsent: boolean, idempotent: boolean): boolean {
  const rule = ERRORS[code].retry;
  if (rule === 'never') return false;
  return unsent || rule === 'always' || idempotent;
}
