// The table of parse errors agrees with its constants.
import * as errors from '../../../../../src/proxy/codec/http1/parse-error.ts';

describe('parse errors', () => {
  const numbers = Object.values(errors).filter((value) => typeof value === 'number');

  it('have one row each, in their order', () => {
    expect(numbers.toSorted((a, b) => a - b)).toEqual([...errors.PARSE_ERRORS.keys()]);
  });

  it('say different things, as phrases', () => {
    const details = errors.PARSE_ERRORS.map(({ detail }) => detail);
    expect(new Set(details).size).toBe(details.length);
    for (const detail of details) expect(detail).toMatch(/^\S.*[^.\s]$/);
  });
});
