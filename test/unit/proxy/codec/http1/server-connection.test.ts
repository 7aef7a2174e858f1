// Promises of a caller's connection that no real socket can be made to show in time.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TimerWheel } from '../../../../../src/base/timer-wheel.ts';
import type { ServerExchange } from '../../../../../src/proxy/codec/downstream.ts';
import { Http1ServerConnection } from '../../../../../src/proxy/codec/http1/server-connection.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { turns } from '../../../../support/until.ts';

const HOUR = 3_600_000;

/** A caller that takes nothing of what it is sent. */
class DeafSocket extends Duplex {
  wasReset = false;

  override _read(): void {}

  override _write(): void {}

  resetAndDestroy(): this {
    this.wasReset = true;
    return this.destroy();
  }
}

/** Answers every request with `answer`, which is the last one where `last`. */
function setUp(answer: string, last: boolean) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const socket = new DeafSocket({ allowHalfOpen: true });
  const log: string[] = [];
  const exchange: ServerExchange = {
    onRequestHead() {
      connection.writer.text(answer);
      if (last) connection.closeAfterAnswer();
      connection.endResponse();
    },
    onRequestData: () => {},
    onRequestEnd: () => {},
    onRequestBatchEnd: () => {},
    onRequestError: (code) => log.push(code),
    onDownstreamWritable: () => {},
    onDownstreamGone: (detail) => log.push(detail),
    onDownstreamClosed: () => log.push('closed'),
  };
  const limits = { maxHeadBytes: 4_096, maxFields: 32, headTimeoutMs: 10_000, idleTimeoutMs: HOUR };
  const connection = new Http1ServerConnection(
    socket as unknown as Socket,
    exchange,
    { ...limits, maxRequests: 0, maxAgeMs: 0 },
    wheel,
  );
  socket.push(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  return { clock, wheel, socket, log };
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a caller who does not take its last answer', () => {
  it('is reset after a minute, however long it might have been idle', async () => {
    const { clock, wheel, socket, log } = setUp(ANSWER, true);
    await turns(3);
    clock.advance(59_900);
    expect(socket.destroyed).toBe(false);
    clock.advance(200);
    await turns(3);
    expect([socket.wasReset, log]).toEqual([true, ['closed']]);
    expect(wheel.size).toBe(0);
  });
});

describe('a caller who does not take an answer and asks no more', () => {
  it('is reset a minute after one to two times the idle timeout', async () => {
    const { clock, wheel, socket } = setUp(ANSWER, false);
    await turns(3);
    clock.advance(2 * HOUR);
    await turns(3);
    expect(socket.destroyed).toBe(false);
    clock.advance(60_200);
    await turns(3);
    expect(socket.wasReset).toBe(true);
    expect(wheel.size).toBe(0);
  });
});
