// How often requests to a Service are sent again, and how long they may take: by default, and as its annotations say it.
import { errorIssue, type Issue } from '../../base/result.ts';
import { parseDuration } from '../../kube/duration.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import type { RetryPolicySpec } from '../../model/retry-policy-spec.ts';

const RETRIES = 'switchboard.dev/retries';
const TIMEOUT = 'switchboard.dev/timeout';
/** More would hold a request for longer than anybody waits, and help nobody. */
export const MAX_RETRIES = 10;

/**
 * Retries of what is safe by itself, by method, `count` times at most. Who does not know that condition, as Envoy and gRPC do not, keeps to what no
 * pod has seen.
 */
export function safeRetries(count: number): RetryPolicySpec {
  if (count === 0) return { on: [], numRetries: 0, statusCodes: [] };
  const on = ['connect-failure', 'refused-stream', 'reset-before-request', 'switchboard-safe'] as const;
  return { on, numRetries: count, statusCodes: [] };
}

/** A whole number, 0 … MAX_RETRIES; null for anything else. */
export function parseRetries(text: string): RetryPolicySpec | null {
  if (!/^[0-9]{1,2}$/.test(text) || Number(text) > MAX_RETRIES) return null;
  return safeRetries(Number(text));
}

/** Absent = as where nobody says anything. What is written wrongly counts as not written, and is told. */
export function serviceRetries(service: Located<Service>): {
  readonly retry?: RetryPolicySpec;
  readonly issues: readonly Issue[];
} {
  const written = service.object.metadata.annotations[RETRIES]?.trim();
  if (written === undefined) return { issues: [] };
  const retry = parseRetries(written);
  if (retry !== null) return { retry, issues: [] };
  const message = `"${written}" is no number of retries; the usual ones are made`;
  return { issues: [issueAt(service, RETRIES, message, `write a whole number from 0 to ${MAX_RETRIES}`)] };
}

/** From the end of a request to the end of its answer, ms; 0 = for ever, as where nobody says anything. */
export function serviceTimeout(service: Located<Service>): {
  readonly timeoutMs: number;
  readonly issues: readonly Issue[];
} {
  const written = service.object.metadata.annotations[TIMEOUT]?.trim();
  if (written === undefined) return { timeoutMs: 0, issues: [] };
  const timeoutMs = parseDuration(written);
  if (timeoutMs !== null) return { timeoutMs, issues: [] };
  const message = `"${written}" is no timeout; there is none`;
  return { timeoutMs: 0, issues: [issueAt(service, TIMEOUT, message, 'write it like 500ms, 2s or 1m30s')] };
}

function issueAt(service: Located<Service>, annotation: string, message: string, remedy: string): Issue {
  return errorIssue(message, { ...placeOf(service, `metadata.annotations['${annotation}']`), remedy });
}
