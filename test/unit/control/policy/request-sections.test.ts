// What the sections of a TrafficPolicy that speak of requests make of their fields.
import { adaptiveConcurrencyOf } from '../../../../src/control/policy/adaptive-concurrency.ts';
import { corsOf } from '../../../../src/control/policy/cors.ts';
import { faultOf } from '../../../../src/control/policy/faults.ts';
import { rateLimitOf } from '../../../../src/control/policy/rate-limit.ts';
import { retriesOf, retryLimitOf } from '../../../../src/control/policy/retries.ts';
import { timeoutsOf } from '../../../../src/control/policy/timeouts.ts';
import { safeRetries } from '../../../../src/control/translate/service-retries.ts';
import { DEFAULT_ADAPTIVE_CONCURRENCY } from '../../../../src/model/adaptive-concurrency-spec.ts';

describe('timeouts', () => {
  it('are milliseconds, and only those that are named', () => {
    expect(timeoutsOf({ request: '1m', idle: '0s', connect: '250ms' })).toEqual({
      timeoutMs: 60_000,
      idleTimeoutMs: 0,
      connectTimeoutMs: 250,
    });
    expect(timeoutsOf({})).toEqual({});
  });
});

describe('retries', () => {
  it('are two of what is safe, where nothing else is said', () => {
    expect(retriesOf({})).toEqual(safeRetries(2));
    expect(retriesOf({ attempts: 5 })).toEqual(safeRetries(5));
  });

  it('are none with 0 attempts, whatever else is said', () => {
    expect(retriesOf({ attempts: 0, retryOn: ['5xx'], statusCodes: [500] })).toEqual({
      on: [],
      numRetries: 0,
      statusCodes: [],
    });
  });

  it('are of what is named, and of what is safe only where that is named', () => {
    expect(retriesOf({ retryOn: ['5xx', 'unavailable'] })).toEqual({
      on: ['5xx', 'unavailable'],
      numRetries: 2,
      statusCodes: [],
    });
    expect(retriesOf({ retryOn: ['safe', 'connect-failure', '5xx'] }).on).toEqual([...safeRetries(2).on, '5xx']);
  });

  it('of status codes are beside what is safe, or what is named', () => {
    expect(retriesOf({ statusCodes: [425] })).toEqual({
      on: [...safeRetries(2).on, 'retriable-status-codes'],
      numRetries: 2,
      statusCodes: [425],
    });
    expect(retriesOf({ retryOn: ['reset'], statusCodes: [425] }).on).toEqual(['reset', 'retriable-status-codes']);
  });

  it('by headers of answers are beside what is safe, or what is named; names are lower case, and a value counts letter by letter', () => {
    const retriableHeaders = [{ name: 'X-Try-Again' }, { name: 'x-why', value: 'Moved' }];
    const answerHeaders = [
      { name: 'x-try-again', match: { kind: 'present', value: true } },
      { name: 'x-why', match: { kind: 'exact', value: 'Moved' } },
    ];
    const on = [...safeRetries(2).on, 'retriable-headers'];
    expect(retriesOf({ retriableHeaders })).toEqual({ ...safeRetries(2), on, answerHeaders });
    expect(retriesOf({ retryOn: ['reset'], retriableHeaders }).on).toEqual(['reset', 'retriable-headers']);
    expect(retriesOf({ attempts: 0, retriableHeaders })).toEqual(safeRetries(0));
  });

  it('are of requests with a header alone, where that is said', () => {
    const requestHeaders = [{ name: 'x-repeatable', match: { kind: 'exact', value: 'yes' } }];
    expect(retriesOf({ retryOn: ['5xx'], retriableRequestHeaders: [{ name: 'X-Repeatable', value: 'yes' }] })).toEqual({
      on: ['5xx'],
      numRetries: 2,
      statusCodes: [],
      requestHeaders,
    });
  });

  it('bound single tries, hedge, and pause as answers ask for it', () => {
    const spec = retriesOf({
      perTryTimeout: '200ms',
      perTryIdleTimeout: '1s',
      hedgeOnPerTryTimeout: true,
      rateLimitedBackoff: { resetHeaders: [{ name: 'Retry-After' }, { name: 'x-reset', format: 'unix-timestamp' }] },
    });
    expect(spec).toEqual({
      ...safeRetries(2),
      perTryTimeoutMs: 200,
      perTryIdleTimeoutMs: 1_000,
      hedgeOnPerTryTimeout: true,
      resetBackOff: {
        headers: [
          { name: 'retry-after', format: 'seconds' },
          { name: 'x-reset', format: 'unix-timestamp' },
        ],
        maxMs: 300_000,
      },
    });
    expect(retriesOf({ attempts: 0, perTryTimeout: '1s' })).toEqual({ ...safeRetries(0), perTryTimeoutMs: 1_000 });
  });

  it('are limited by a number or a share, or as those of every Service', () => {
    expect(retryLimitOf({})).toBeUndefined();
    expect(retryLimitOf({ maxConcurrent: 4 })).toEqual({ kind: 'number', max: 4 });
    expect(retryLimitOf({ budget: { percent: 25 } })).toEqual({ kind: 'share', percent: 25, minConcurrent: 3 });
  });

  it('pause as they are told, at most ten times the first pause', () => {
    expect(retriesOf({ backoff: { baseInterval: '25ms' } }).backOff).toEqual({ baseMs: 25, maxMs: 250 });
    expect(retriesOf({ backoff: { baseInterval: '25ms', maxInterval: '1s' } }).backOff).toEqual({
      baseMs: 25,
      maxMs: 1_000,
    });
  });
});

describe('rateLimit', () => {
  const ALWAYS = { numerator: 100, denominator: 100 };

  it('is so many requests a second, and 429 beyond', () => {
    expect(rateLimitOf({ requests: 100 }, 'default.web')).toEqual({
      statPrefix: 'default.web',
      bucket: { maxTokens: 100, tokensPerFill: 100, fillIntervalMs: 1_000 },
      enabled: ALWAYS,
      enforced: ALWAYS,
      status: 429,
    });
  });

  it('takes bursts, intervals and a status, tells its limits, and may count without refusing', () => {
    const section = { requests: 10, interval: '1m', burst: 50, status: 503, tellLimits: true, mode: 'shadow' } as const;
    expect(rateLimitOf(section, 'a')).toEqual({
      statPrefix: 'a',
      bucket: { maxTokens: 50, tokensPerFill: 10, fillIntervalMs: 60_000 },
      enabled: ALWAYS,
      enforced: { numerator: 0, denominator: 100 },
      status: 503,
      tellLimits: true,
    });
  });
});

describe('adaptiveConcurrency', () => {
  it('with nothing said has every default', () => {
    expect(adaptiveConcurrencyOf({})).toEqual(DEFAULT_ADAPTIVE_CONCURRENCY);
  });

  it('takes limits, times and how they are measured', () => {
    const minRtt = { interval: '30s', requestCount: 10, minConcurrency: 2 };
    expect(
      adaptiveConcurrencyOf({ percentile: 90, maxLimit: 20, updateInterval: '1s', bufferPercent: 50, minRtt }),
    ).toEqual({
      percentile: 90,
      maxLimit: 20,
      minLimit: 2,
      updateIntervalMs: 1_000,
      bufferPercent: 50,
      status: 503,
      minRtt: { kind: 'measured', intervalMs: 30_000, jitterPercent: 15, requestCount: 10, minConcurrency: 2 },
    });
    expect(adaptiveConcurrencyOf({ minRtt: { fixed: '5ms' }, minLimit: 2_000 })).toMatchObject({
      minRtt: { kind: 'fixed', ms: 5 },
      minLimit: 2_000,
      maxLimit: 2_000,
    });
    expect(adaptiveConcurrencyOf({ maxLimit: 2 })).toMatchObject({ minLimit: 2, maxLimit: 2 });
  });
});

describe('faults', () => {
  it('are of all requests, or of a share down to millionths', () => {
    expect(faultOf({ delay: { duration: '2s' } })).toEqual({
      delay: { delay: { kind: 'fixed', ms: 2_000 }, share: { numerator: 100, denominator: 100 } },
    });
    expect(faultOf({ abort: { httpStatus: 503, percentage: 10 } }).abort).toEqual({
      abort: { kind: 'http', status: 503 },
      share: { numerator: 10, denominator: 100 },
    });
    expect(faultOf({ abort: { grpcStatus: 14, percentage: 0.25 } }).abort).toEqual({
      abort: { kind: 'grpc', status: 14 },
      share: { numerator: 2_500, denominator: 1_000_000 },
    });
  });

  it('may be for requests with a header alone, and so many at a time', () => {
    const fault = faultOf({ delay: { duration: '1s' }, headers: [{ name: 'X-Try', value: '1' }], maxActive: 3 });
    expect(fault).toMatchObject({ headers: [{ name: 'x-try', match: { kind: 'exact', value: '1' } }], maxActive: 3 });
  });
});

describe('cors', () => {
  const shares = { enabled: { numerator: 100, denominator: 100 }, shadow: { numerator: 0, denominator: 100 } };

  it('keeps what is said of origins, and seconds of an age', () => {
    const origins = [{ kind: 'exact', value: 'https://a.example' }];
    expect(corsOf({ allowOrigins: ['https://a.example'] })).toEqual({ origins, maxAge: '5', ...shares });
    const rest = { allowMethods: ['PUT', 'DELETE'], exposeHeaders: ['x-total'], allowCredentials: true } as const;
    expect(corsOf({ allowOrigins: ['https://a.example'], maxAge: '1h', ...rest })).toEqual({
      origins,
      allowMethods: 'PUT, DELETE',
      exposeHeaders: 'x-total',
      allowCredentials: true,
      maxAge: '3600',
      ...shares,
    });
  });
});
