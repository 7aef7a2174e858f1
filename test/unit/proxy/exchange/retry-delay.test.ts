// The pause before a retry, drawn from a range that doubles.
import type { ResetBackOffSpec } from '../../../../src/model/retry-policy-spec.ts';
import { ResponseHead } from '../../../../src/proxy/codec/head.ts';
import {
  asksForPatience,
  DEFAULT_RETRY_BACK_OFF,
  resetDelayMs,
  retryDelayMs,
} from '../../../../src/proxy/exchange/retry-delay.ts';
import { fill } from '../../../support/filled-head.ts';

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

const NOW = Date.UTC(2026, 0, 1);
const NOTHING = { next: () => 0 };

function answer(...fields: [string, string][]): ResponseHead {
  return fill(new ResponseHead(10), fields);
}

describe('the pause that an answer asks for', () => {
  const spec: ResetBackOffSpec = {
    headers: [
      { name: 'retry-after', format: 'seconds' },
      { name: 'x-reset', format: 'unix-timestamp' },
    ],
    maxMs: 300_000,
  };

  it('is as long as it says, to one and a half times that', () => {
    const head = answer(['Retry-After', '4']);
    expect(resetDelayMs(head, spec, NOW, NOTHING)).toBe(4_000);
    expect(resetDelayMs(head, spec, NOW, { next: () => 1 - 2 ** -53 })).toBeCloseTo(6_000);
  });

  it('may be told as a time, and a time that has passed is none', () => {
    expect(resetDelayMs(answer(['x-reset', `${NOW / 1_000 + 7}`]), spec, NOW, NOTHING)).toBe(7_000);
    expect(resetDelayMs(answer(['x-reset', `${NOW / 1_000 - 7}`]), spec, NOW, NOTHING)).toBe(-1);
  });

  it('is that of the first field which says no more than the most', () => {
    const head = answer(['retry-after', '301'], ['x-reset', `${NOW / 1_000 + 7}`]);
    expect(resetDelayMs(head, spec, NOW, NOTHING)).toBe(7_000);
    expect(resetDelayMs(answer(['retry-after', '300']), spec, NOW, NOTHING)).toBe(300_000);
  });

  it.each(['', '-1', '1.5', 'soon', '0x10', '9'.repeat(20)])('is none where the field says "%s"', (text) => {
    expect(resetDelayMs(answer(['retry-after', text], ['x-reset', text]), spec, NOW, NOTHING)).toBe(-1);
  });
});

describe('Retry-After', () => {
  it.each([
    ['1', true],
    ['0', false],
    ['Thu, 01 Jan 2026 00:00:05 GMT', true],
    ['Wed, 31 Dec 2025 23:59:59 GMT', false],
    ['whenever', false],
    ['9999999999', true],
    ['9'.repeat(400), true],
    ['0'.repeat(20), false],
    ['-5', false],
    ['1.5', false],
    ['Infinity', false],
    ['1e9', false],
    ['', false],
  ])('of "%s" asks for patience: %s', (text, patience) => {
    expect(asksForPatience(answer(['retry-after', text]), NOW)).toBe(patience);
  });
});
