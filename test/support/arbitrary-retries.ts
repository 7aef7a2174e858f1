// Any retry policy that routes may have.
import fc from 'fast-check';
import { RETRY_CONDITIONS, type RetryPolicySpec } from '../../src/model/retry-policy-spec.ts';

const ms = fc.integer({ min: 1, max: 86_400_000 });

export const attemptCount = fc.constantFrom(
  { request: true as const },
  { response: true as const },
  { request: true as const, response: true as const },
);

export const retry: fc.Arbitrary<RetryPolicySpec> = fc
  .record({
    on: fc.subarray([...RETRY_CONDITIONS]),
    numRetries: fc.integer({ min: 0, max: 10 }),
    statusCodes: fc.array(fc.integer({ min: 100, max: 599 }), { maxLength: 3 }),
    baseMs: fc.option(ms),
    headers: fc.record(
      {
        answerHeaders: fc.constant([{ name: ':status', match: { kind: 'prefix' as const, value: '5' } }]),
        requestHeaders: fc.constant([{ name: ':method', match: { kind: 'exact' as const, value: 'GET' } }]),
        resetBackOff: fc.record({
          headers: fc.constant([
            { name: 'retry-after', format: 'seconds' as const },
            { name: 'x-ratelimit-reset', format: 'unix-timestamp' as const },
          ]),
          maxMs: ms,
        }),
        perTryTimeoutMs: ms,
        perTryIdleTimeoutMs: ms,
        avoids: fc.constantFrom([{ canary: 'true' }], [{ stage: '"new"', size: '2' }, { canary: 'true' }]),
        attemptsPerPriority: fc.integer({ min: 1, max: 10 }),
        hedgeOnPerTryTimeout: fc.constant(true as const),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ baseMs, headers, ...rest }) => ({
    ...rest,
    ...headers,
    ...(baseMs === null ? {} : { backOff: { baseMs, maxMs: baseMs * 3 } }),
  }));
