// What grpc-timeout means, and what it is worth beside the timeout of a route.
import { RequestHead } from '../../../../src/proxy/codec/head.ts';
import { callTimeoutMs, parseGrpcTimeout } from '../../../../src/proxy/exchange/call-timeout.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

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
});

describe('the timeout of a call', () => {
  function headWith(timeout: string, versionMajor: number): RequestHead {
    const head = new RequestHead(1);
    head.text = `POST / HTTP/1.1\r\ngrpc-timeout: ${timeout}\r\n\r\n`;
    head.fieldCount = 1;
    head.offsets.set([17, 29, 31, 31 + timeout.length]);
    head.versionMajor = versionMajor;
    return head;
  }

  it.each([
    ['2S', 2, 15_000, 1_500],
    ['2S', 2, 1_000, 1_000],
    ['2S', 2, 0, 1_500],
    ['100m', 2, 0, 1],
    ['100m', 1, 15_000, 15_000],
    ['soon', 2, 15_000, 15_000],
    ['soon', 2, 0, 0],
  ])(
    'that says %s in HTTP/%d on a route of %d ms, 500 ms after its beginning, is %d ms',
    (value, version, routeMs, expected) => {
      const clock = new ManualClock();
      const startedAtMs = clock.now();
      clock.advance(500);
      expect(callTimeoutMs(headWith(value, version), routeMs, clock, startedAtMs)).toBe(expected);
    },
  );
});
