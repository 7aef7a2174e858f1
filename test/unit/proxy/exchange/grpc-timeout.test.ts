// What grpc-timeout means, and how what is left is said.
import fc from 'fast-check';
import { parseGrpcTimeout, renderGrpcTimeout } from '../../../../src/proxy/exchange/grpc-timeout.ts';

describe('grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['99999999n', 99.999999],
    ['0S', 0],
    ['', -1],
    ['S', -1],
    ['5', -1],
    ['123456789m', -1],
    ['-1S', -1],
    ['1.5S', -1],
    ['1s', -1],
  ])('of "%s" is %d ms', (value, expected) => {
    expect(parseGrpcTimeout(value)).toBeCloseTo(expected, 6);
  });

  it.each([
    [0.0004, '1u'],
    [-3, '1u'],
    [1.5, '1500u'],
    [99_999.9999, '99999999u'],
    [100_000.7, '100000m'],
    [99_999_999.9, '99999999m'],
    [100_000_000, '100000S'],
    [100_000_000_000, '1666666M'],
    [6e12, '1666666H'],
    [1e15, '99999999H'],
  ])('for %d ms is "%s"', (ms, expected) => {
    expect(renderGrpcTimeout(ms)).toBe(expected);
  });

  it('never says more than is left, and what any server can read', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 3e14, noNaN: true }), (ms) => {
        const value = renderGrpcTimeout(ms);
        expect(value).toMatch(/^[1-9]\d{0,7}[HMSmu]$/);
        expect(parseGrpcTimeout(value)).toBeLessThanOrEqual(ms * (1 + 1e-9));
        expect(parseGrpcTimeout(value)).toBeGreaterThan(ms * 0.9 - 0.001);
      }),
    );
  });
});
