// Specs go from process to process as they are.
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import * as specs from '../../support/arbitrary-specs.ts';

describe('what goes between processes', () => {
  it.each(Object.keys(specs))('is plain data: %s arrive as they were', (name) => {
    const arbitrary: unknown = Reflect.get(specs, name);
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<unknown>, (spec) => {
        expect(deserialize(serialize(spec))).toEqual(spec);
      }),
      { numRuns: 50 },
    );
  });
});
