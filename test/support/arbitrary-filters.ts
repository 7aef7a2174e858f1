// fast-check generators of HTTP filters and of what routes say of them, as legal specs.
import fc from 'fast-check';
import type { FaultSpec } from '../../src/model/fault-spec.ts';
import { FRACTION_DENOMINATORS, type FractionSpec } from '../../src/model/fraction-spec.ts';
import type {
  FilterOverrideConfigSpec,
  FilterOverrideSpec,
  FilterOverridesSpec,
  HttpFilterConfigSpec,
  HttpFilterSpec,
} from '../../src/model/http-filter-spec.ts';

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
    cluster: name,
    headers: fc.array(header, { minLength: 1, maxLength: 2 }),
    maxActive: fc.integer({ min: 0, max: 1_000 }),
  },
  { requiredKeys: [] },
);

const config: fc.Arbitrary<HttpFilterConfigSpec> = fc.oneof(
  fc.record({ kind: fc.constant('fault' as const), fault }),
  fc.record({ kind: fc.constant('stateful-session' as const), session: fc.option(addressSession) }),
);

const overrideConfig: fc.Arbitrary<FilterOverrideConfigSpec> = config;

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
