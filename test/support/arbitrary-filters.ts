// fast-check generators of HTTP filters and of what routes say of them, as legal specs.
import fc from 'fast-check';
import type { AdaptiveConcurrencySpec } from '../../src/model/adaptive-concurrency-spec.ts';
import type { CorsPolicySpec } from '../../src/model/cors-spec.ts';
import type { FaultSpec } from '../../src/model/fault-spec.ts';
import { FRACTION_DENOMINATORS, type FractionSpec } from '../../src/model/fraction-spec.ts';
import { HEADER_ACTIONS, type HeaderToAddSpec } from '../../src/model/header-changes-spec.ts';
import type {
  FilterOverrideConfigSpec,
  FilterOverrideSpec,
  FilterOverridesSpec,
  HttpFilterConfigSpec,
  HttpFilterSpec,
} from '../../src/model/http-filter-spec.ts';
import type {
  DescriptorLimitsSpec,
  LocalRateLimitSpec,
  RateLimitActionSpec,
} from '../../src/model/local-rate-limit-spec.ts';

import { addressSession } from './arbitrary-balancing.ts';

const name = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });

export const fraction: fc.Arbitrary<FractionSpec> = fc.record({
  numerator: fc.integer({ min: 0, max: 1_000_000 }),
  denominator: fc.constantFrom(...FRACTION_DENOMINATORS),
});

const header = fc.record({
  name: fc.constantFrom('x-user', ':path'),
  match: fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const), value: name }),
});

const fault: fc.Arbitrary<FaultSpec> = fc.record(
  {
    delay: fc.record({
      delay: fc.oneof(
        fc.record({ kind: fc.constant('fixed' as const), ms: fc.integer({ min: 1, max: 60_000 }) }),
        fc.constant({ kind: 'by-header' as const }),
      ),
      share: fraction,
    }),
    abort: fc.record({
      abort: fc.oneof(
        fc.record({ kind: fc.constant('http' as const), status: fc.integer({ min: 200, max: 599 }) }),
        fc.record({ kind: fc.constant('grpc' as const), status: fc.integer({ min: 0, max: 16 }) }),
        fc.constant({ kind: 'by-header' as const }),
      ),
      share: fraction,
    }),
    pace: fc.record({
      limit: fc.oneof(
        fc.record({ kind: fc.constant('fixed' as const), kibPerSecond: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }),
        fc.constant({ kind: 'by-header' as const }),
      ),
      share: fraction,
    }),
    cluster: name,
    headers: fc.array(header, { minLength: 1, maxLength: 2 }),
    maxActive: fc.integer({ min: 0, max: 1_000 }),
  },
  { requiredKeys: [] },
);

const bucket = fc.record({
  maxTokens: fc.integer({ min: 1, max: 1_000 }),
  tokensPerFill: fc.integer({ min: 1, max: 1_000 }),
  fillIntervalMs: fc.integer({ min: 50, max: 60_000 }),
});

const action: fc.Arbitrary<RateLimitActionSpec> = fc.oneof(
  fc.record({ kind: fc.constant('generic-key' as const), key: name, value: name }),
  fc.record(
    {
      kind: fc.constant('request-header' as const),
      ...{ name: fc.constantFrom('x-user', 'x-plan'), key: name, optional: fc.constant(true as const) },
    },
    { requiredKeys: ['kind', 'name', 'key'] },
  ),
  fc.constant({ kind: 'remote-address' as const }),
  fc.record({
    kind: fc.constant('header-match' as const),
    ...{ key: name, value: name, matches: fc.boolean(), headers: fc.array(header, { minLength: 1, maxLength: 2 }) },
  }),
);

/** No two descriptors alike: the first entry makes them so. */
const descriptors: fc.Arbitrary<DescriptorLimitsSpec> = fc.record(
  {
    actions: fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
    buckets: fc.tuple(fc.record({ key: name, value: name }), bucket, bucket).map(([entry, one, other]) => [
      { entries: [{ key: 'a', value: '1' }, entry], bucket: one },
      { entries: [{ key: 'a', value: '2' }], bucket: other },
    ]),
    instead: fc.constant(true as const),
  },
  { requiredKeys: ['actions', 'buckets'] },
);

const headers: fc.Arbitrary<HeaderToAddSpec[]> = fc.array(
  fc.record({
    name: fc.constantFrom('x-a', 'x-b'),
    value: fc.constantFrom('1', '50%'),
    action: fc.constantFrom(...HEADER_ACTIONS),
  }),
  { minLength: 1, maxLength: 2 },
);

/** Of routes. */
const limit: fc.Arbitrary<LocalRateLimitSpec> = fc.record(
  {
    statPrefix: name,
    bucket,
    enabled: fraction,
    enforced: fraction,
    status: fc.integer({ min: 400, max: 599 }),
    asResourceExhausted: fc.constant(true as const),
    refusalHeaders: headers,
    unenforcedHeaders: headers,
    tellLimits: fc.constant(true as const),
    descriptors,
  },
  { requiredKeys: ['statPrefix', 'bucket', 'enabled', 'enforced', 'status'] },
);

const emptyLimit: fc.Arbitrary<LocalRateLimitSpec> = limit.map(
  ({ bucket: _bucket, descriptors: _none, ...rest }) => rest,
);

const text = fc.constantFrom('*', 'GET, POST', 'x-a');

const policy: fc.Arbitrary<CorsPolicySpec> = fc.record(
  {
    origins: fc.array(fc.record({ kind: fc.constantFrom('exact' as const, 'suffix' as const), value: name }), {
      maxLength: 2,
    }),
    ...{ allowMethods: text, allowHeaders: text, exposeHeaders: text, maxAge: text },
    ...{ allowCredentials: fc.boolean(), allowPrivateNetwork: fc.boolean(), forwardUnmatched: fc.boolean() },
    ...{ enabled: fraction, shadow: fraction },
  },
  { requiredKeys: ['origins', 'enabled', 'shadow'] },
);

const faultConfig = fc.record({ kind: fc.constant('fault' as const), fault });
const sessionConfig = fc.record({ kind: fc.constant('stateful-session' as const), session: fc.option(addressSession) });
const percent = fc.integer({ min: 0, max: 100 });
const some = fc.integer({ min: 1, max: 10_000 });

const concurrency: fc.Arbitrary<AdaptiveConcurrencySpec> = fc.record({
  ...{ percentile: percent, maxLimit: some, minLimit: some, updateIntervalMs: some, bufferPercent: percent },
  minRtt: fc.oneof(
    fc.record({ kind: fc.constant('fixed' as const), ms: some }),
    fc.record({
      kind: fc.constant('measured' as const),
      ...{ intervalMs: some, jitterPercent: percent, requestCount: some, minConcurrency: some },
    }),
  ),
  status: fc.integer({ min: 400, max: 599 }),
});

const adaptiveConfig = fc.record({
  kind: fc.constant('adaptive-concurrency' as const),
  // One that is off says nothing else.
  concurrency: fc.option(concurrency),
});
const limitKind = fc.constant('local-rate-limit' as const);

const config: fc.Arbitrary<HttpFilterConfigSpec> = fc.oneof(
  faultConfig,
  fc.record({ kind: limitKind, limit: fc.oneof(limit, emptyLimit) }),
  fc.constant({ kind: 'cors' as const }),
  sessionConfig,
  adaptiveConfig,
);

const overrideConfig: fc.Arbitrary<FilterOverrideConfigSpec> = fc.oneof(
  faultConfig,
  fc.record({ kind: limitKind, limit }),
  fc.record({ kind: fc.constant('cors' as const), policy }),
  sessionConfig,
  adaptiveConfig,
);

const override: fc.Arbitrary<FilterOverrideSpec> = fc.record(
  { disabled: fc.constant(true as const), config: overrideConfig },
  { requiredKeys: [] },
);

export const httpFilters: fc.Arbitrary<HttpFilterSpec[]> = fc.array(
  fc.record({ name, disabled: fc.constant(true as const), config }, { requiredKeys: ['name', 'config'] }),
  { minLength: 1, maxLength: 3 },
);

export const filterOverrides: fc.Arbitrary<FilterOverridesSpec> = fc
  .array(fc.tuple(name, override), { minLength: 1, maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));
