// When an attempt is made again: without a policy, and with each of Envoy's and gRPC's conditions.
import type { ErrorCode } from '../../../../src/model/errors.ts';
import {
  RETRY_CONDITIONS,
  type RetryCondition,
  type RetryPolicySpec,
} from '../../../../src/model/retry-policy-spec.ts';
import { RequestHead, ResponseHead } from '../../../../src/proxy/codec/head.ts';
import {
  compileRetryPolicy,
  DEFAULT_RETRY_POLICY,
  FOR_ANY,
  FOR_IDEMPOTENT,
  isIdempotent,
  type RetryPolicy,
} from '../../../../src/proxy/route/retry-policy.ts';
import { fill } from '../../../support/filled-head.ts';

const FAILURES: readonly (readonly [string, ErrorCode, boolean])[] = [
  ['not connected', 'upstream_connection_failure', true],
  ['refused', 'upstream_connection_termination', true],
  ['cut off', 'upstream_connection_termination', false],
  ['nonsense', 'upstream_protocol_error', false],
  ['too late', 'upstream_timeout', false],
  ['nobody', 'no_healthy_upstream', true],
];
const ANY_FAILURE = ['not connected', 'refused', 'cut off', 'nonsense', 'too late'];

function policy(...on: readonly RetryCondition[]): RetryPolicy {
  return compileRetryPolicy({ on, numRetries: 2, statusCodes: [418] });
}

function failuresOf(retry: RetryPolicy, idempotent: boolean): string[] {
  return FAILURES.filter(([, code, unsent]) => retry.retriesFailure(code, unsent, idempotent)).map(([name]) => name);
}

function statusesOf(retry: RetryPolicy, rule: number): number[] {
  return [...(retry.statuses ?? [])].flatMap((each, status) => (each === rule ? [status] : []));
}

function answer(status: number, ...fields: [string, string][]): ResponseHead {
  const head = fill(new ResponseHead(10), fields);
  head.status = status;
  return head;
}

function request(method: string, ...fields: [string, string][]): RequestHead {
  const head = fill(new RequestHead(10), fields);
  head.method = method;
  return head;
}

describe('the retry policy', () => {
  it('is, where none is given, two retries of what was not seen; idempotent requests also where they were cut off or answered with 502 to 504', () => {
    expect(DEFAULT_RETRY_POLICY.maxRetries).toBe(2);
    expect(failuresOf(DEFAULT_RETRY_POLICY, false)).toEqual(['not connected', 'refused']);
    expect(failuresOf(DEFAULT_RETRY_POLICY, true)).toEqual(['not connected', 'refused', 'cut off', 'too late']);
    expect(statusesOf(DEFAULT_RETRY_POLICY, FOR_IDEMPOTENT)).toEqual([502, 503, 504]);
    expect(statusesOf(DEFAULT_RETRY_POLICY, FOR_ANY)).toEqual([]);
    expect(DEFAULT_RETRY_POLICY.answers).toBeNull();
  });

  it('takes GET, HEAD, OPTIONS, PUT, DELETE and whatever has an Idempotency-Key for idempotent', () => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH', 'TRACE', 'get'];
    expect(methods.filter((method) => isIdempotent(request(method)))).toEqual(methods.slice(0, 5));
    expect(isIdempotent(request('POST', ['Idempotency-Key', '7']))).toBe(true);
  });

  it.each<[RetryCondition, readonly string[], readonly [number, number] | null]>([
    ['connect-failure', ['not connected'], null],
    ['refused-stream', ['refused'], null],
    ['reset-before-request', ['not connected'], null],
    ['reset', ANY_FAILURE, null],
    ['gateway-error', ANY_FAILURE, [502, 504]],
    ['5xx', ANY_FAILURE, [500, 599]],
    ['retriable-4xx', [], [409, 409]],
    ['retriable-status-codes', [], [418, 418]],
    ['retriable-headers', [], null],
    ['envoy-ratelimited', [], null],
    ['unavailable', [], null],
  ])('retries with %s what Envoy retries, whatever the method', (condition, failures, range) => {
    const retry = policy(condition);
    expect([failuresOf(retry, false), failuresOf(retry, true)]).toEqual([failures, failures]);
    const statuses = statusesOf(retry, FOR_ANY);
    expect(range === null ? statuses : [statuses[0], statuses.at(-1)]).toEqual(range ?? []);
  });

  it.each<[RetryCondition, string]>([
    ['cancelled', '1'],
    ['deadline-exceeded', '4'],
    ['resource-exhausted', '8'],
    ['internal', '13'],
    ['unavailable', '14'],
  ])('retries with %s answers of grpc-status %s and no other', (condition, code) => {
    const { answers } = policy(condition);
    for (let other = 0; other <= 16; other += 1) {
      expect(answers?.matches(answer(200, ['grpc-status', `${other}`]))).toBe(`${other}` === code);
    }
    expect(answers?.matches(answer(200))).toBe(false);
  });

  it('retries with retriable-headers answers that one of its matchers takes, their status among the fields', () => {
    const spec: RetryPolicySpec = {
      ...{ on: ['retriable-headers'], numRetries: 1, statusCodes: [] },
      answerHeaders: [
        { name: 'x-again', match: { kind: 'exact', value: 'yes' } },
        { name: ':status', match: { kind: 'prefix', value: '42' } },
      ],
    };
    const { answers } = compileRetryPolicy(spec);
    expect(answers?.matches(answer(200, ['X-Again', 'yes']))).toBe(true);
    expect(answers?.matches(answer(200, ['X-Again', 'no']))).toBe(false);
    expect(answers?.matches(answer(429))).toBe(true);
    expect(compileRetryPolicy({ ...spec, on: ['reset'] }).answers).toBeNull();
  });

  it('is about the requests that one of its matchers takes', () => {
    const requestHeaders = [{ name: ':method', match: { kind: 'exact' as const, value: 'GET' } }];
    const { requests } = compileRetryPolicy({ on: ['5xx'], numRetries: 1, statusCodes: [], requestHeaders });
    expect([requests?.matches(request('GET')), requests?.matches(request('POST'))]).toEqual([true, false]);
    expect(policy('5xx').requests).toBeNull();
  });

  it('knows every condition of the model, and joins them', () => {
    const all = policy(...RETRY_CONDITIONS);
    expect(failuresOf(all, false)).toEqual(ANY_FAILURE);
    expect(statusesOf(all, FOR_ANY).filter((status) => status < 500)).toEqual([409, 418]);
    expect(all.rateLimited).toBe(true);
  });

  it('looks into no head where only statuses are asked for', () => {
    expect(policy('5xx', 'gateway-error', 'retriable-4xx', 'retriable-status-codes').answers).toBeNull();
  });
});
