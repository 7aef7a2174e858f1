// Promises of the bench's own WebSocket load: frames as RFC 6455 has them, and what is made of a run's figures.

import { resultOf, webSocketLoad } from '../../../bench/measure/websocket.ts';
import { frameAt, head, maskedFrame, unmask } from '../../../bench/measure/websocket-frames.ts';
import { WEBSOCKET } from '../../../bench/websocket.ts';

describe('a frame of the bench', () => {
  it.each([0, 1, 100, 125, 126, 16_384, 65_535])(
    'with %d bytes is found whole, and only whole, behind another',
    (length) => {
      const frame = maskedFrame(length);
      const both = Buffer.concat([maskedFrame(3), frame]);
      const start = frameAt(both, 0)?.end ?? 0;
      expect(frameAt(both.subarray(0, -1), start)).toBeNull();
      const found = frameAt(both, start);
      expect([found?.end, (found?.end ?? 0) - (found?.payloadStart ?? 0)]).toEqual([both.length, length]);
      unmask(both, found?.payloadStart ?? 0, found?.end ?? 0, both, found?.maskStart ?? 0);
      expect(both.subarray(found?.payloadStart)).toEqual(Buffer.alloc(length, 'message '));
    },
  );

  it('of a server has no mask', () => {
    const frame = Buffer.concat([head(200), Buffer.alloc(200)]);
    expect(frameAt(frame, 0)).toEqual({ end: 204, payloadStart: 4, maskStart: -1 });
  });

  it.each([
    ['a close frame', Buffer.from([0x88, 0, 0, 0])],
    ['a message of 64 KiB', Buffer.from([0x82, 127, 0, 0])],
  ])('is not %s', (_what, bytes) => {
    expect(() => frameAt(bytes, 0)).toThrow();
  });
});

describe('the load of WebSockets', () => {
  it('is what the workload says', () => {
    const [workload] = WEBSOCKET.workloads;
    const spec = { program: 'node', cpus: '0', port: 1, workload: { ...workload, streams: 4 }, seconds: 2 };
    expect(webSocketLoad(spec)).toEqual({
      ...{ port: 1, authority: '127.0.0.1:1', path: '/echo', connections: 64 },
      ...{ atOnce: 4, messageBytes: 100, seconds: 2 },
    });
  });

  it('counts a message and its echo as one request', () => {
    const figures = { messages: 50, bytes: 5_000, p50Us: 1, p99Us: 2, p999Us: 3, errors: 0 };
    expect(resultOf(figures, 2)).toEqual({
      ...{ requests: 50, requestsPerSecond: 25, bytesPerSecond: 2_500 },
      ...{ p50Us: 1, p99Us: 2, p999Us: 3, errors: 0 },
    });
  });
});
