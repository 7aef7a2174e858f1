// The pause before a retry, drawn from a range that doubles.
import { DEFAULT_RETRY_BACK_OFF, retryDelayMs } from '../../../../src/proxy/exchange/retry-delay.ts';

describe('the pause before a retry', () => {
  it.each([
    [1, 25],
    [2, 75],
    [3, 175],
    [4, 250],
    [60, 250],
  ])('of number %d lies between 0 and %d ms', (retry, mostMs) => {
    const delays = [0, 0.5, 1 - 2 ** -53].map((drawn) =>
      retryDelayMs(retry, DEFAULT_RETRY_BACK_OFF, { next: () => drawn }),
    );
    expect(delays[0]).toBe(0);
    expect(delays[1]).toBe(mostMs / 2);
    expect(delays[2]).toBeLessThanOrEqual(mostMs);
  });
});
