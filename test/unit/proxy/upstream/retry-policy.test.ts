// When an attempt is made again: without a policy, and with each of Envoy's conditions.
import type { ErrorCode } from '../../../../src/model/errors.ts';
import { RETRY_CONDITIONS, type RetryCondition } from '../../../../src/model/route-spec.ts';
import {
  compileRetryPolicy,
  DEFAULT_RETRY_POLICY,
  type RetryPolicy,
} from '../../../../src/proxy/upstream/retry-policy.ts';

const FAILURES: readonly (readonly [string, ErrorCode, boolean])[] = [
  ['not connected', 'upstream_connection_failure', true],
  ['cut off', 'upstream_connection_termination', false],
  ['nonsense', 'upstream_protocol_error', false],
  ['too late', 'upstream_timeout', false],
  ['nobody', 'no_healthy_upstream', true],
];

function policy(...on: readonly RetryCondition[]): RetryPolicy {
  return compileRetryPolicy({ on, numRetries: 2, statusCodes: [418] });
}

function failuresOf(retry: RetryPolicy, idempotent: boolean): string[] {
  return FAILURES.filter(([, code, unsent]) => retry.retriesFailure(code, unsent, idempotent)).map(([name]) => name);
}

function statusesOf(retry: RetryPolicy): number[] {
  return [...(retry.statuses ?? [])].flatMap((flag, status) => (flag === 1 ? [status] : []));
}

describe('the retry policy', () => {
  it('is, where none is given, two retries of what was not seen, and of idempotent requests that were cut off', () => {
    const { maxRetries } = DEFAULT_RETRY_POLICY;
    expect({ maxRetries, statuses: statusesOf(compileRetryPolicy(undefined)) }).toEqual({
      maxRetries: 2,
      statuses: [],
    });
    expect(failuresOf(DEFAULT_RETRY_POLICY, false)).toEqual(['not connected']);
    expect(failuresOf(DEFAULT_RETRY_POLICY, true)).toEqual(['not connected', 'cut off']);
  });

  it.each<[RetryCondition, readonly string[], readonly [number, number] | null]>([
    ['connect-failure', ['not connected'], null],
    ['refused-stream', [], null],
    ['reset-before-request', ['not connected'], null],
    ['reset', ['not connected', 'cut off', 'nonsense'], null],
    ['gateway-error', [], [502, 504]],
    ['5xx', ['not connected', 'cut off', 'nonsense'], [500, 599]],
    ['retriable-4xx', [], [409, 409]],
    ['retriable-status-codes', [], [418, 418]],
  ])('retries with %s what Envoy retries, whatever the method', (condition, failures, range) => {
    const retry = policy(condition);
    expect([failuresOf(retry, false), failuresOf(retry, true)]).toEqual([failures, failures]);
    const statuses = statusesOf(retry);
    expect(range === null ? statuses : [statuses[0], statuses.at(-1)]).toEqual(range ?? []);
  });

  it('knows every condition of the model, and joins them', () => {
    const all = policy(...RETRY_CONDITIONS);
    expect(failuresOf(all, false)).toEqual(['not connected', 'cut off', 'nonsense']);
    expect(statusesOf(all).filter((status) => status < 500)).toEqual([409, 418]);
  });
});
