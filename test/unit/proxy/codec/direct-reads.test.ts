// Promises of reads that go past Node's stream, over real sockets: the same bytes in the same order, whatever the reader does.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { randomBelow, seededRandom } from '../../../../src/base/random.ts';
import { readByOthers, readDirectly } from '../../../../src/proxy/codec/direct-reads.ts';

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Two ends of one connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  open.push(near, far);
  return [near, far];
}

/** Byte `at` of what is sent. */
const byteAt = (at: number): number => (at * 31 + (at >> 8)) & 255;

function pattern(from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index += 1) bytes[index] = byteAt(from + index);
  return bytes;
}

describe('direct reads', () => {
  it('reach the reader without an event of the stream', async () => {
    const [near, far] = await socketPair();
    let events = 0;
    const done = new Promise<Buffer>((resolve) => readDirectly(far, resolve));
    far.on('data', () => {
      events += 1;
    });
    near.write('hello');
    expect((await done).toString()).toBe('hello');
    expect(events).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'bring 1 MiB whole and in order to a reader that pauses as it likes, seed %i',
    async (seed) => {
      const random = seededRandom(seed);
      const [near, far] = await socketPair();
      let at = 0;
      let wrong = -1;
      let whilePaused = 0;
      readDirectly(far, (bytes) => {
        if (far.isPaused()) whilePaused += 1;
        for (let index = 0; index < bytes.length; index += 1) {
          if (bytes[index] !== byteAt(at + index) && wrong < 0) wrong = at + index;
        }
        at += bytes.length;
        if (randomBelow(random, 3) > 0) return;
        far.pause();
        const again = (): void => void far.resume();
        if (randomBelow(random, 2) === 0) setImmediate(again);
        else queueMicrotask(again);
      });
      const ended = once(far, 'end');
      const total = 1_048_576;
      for (let sent = 0; sent < total; ) {
        const piece = Math.min(1 + randomBelow(random, 40_000), total - sent);
        if (!near.write(pattern(sent, piece))) await once(near, 'drain');
        sent += piece;
      }
      near.end();
      await ended;
      expect([at, wrong, whilePaused]).toEqual([total, -1, 0]);
    },
  );

  it('stop the socket once 64 KiB wait for a reader that has paused, and go on where they were', async () => {
    const [near, far] = await socketPair();
    let got = 0;
    readDirectly(far, (bytes) => {
      got += bytes.length;
      far.pause();
    });
    const total = 8_388_608;
    near.write(pattern(0, total));
    const full = (): boolean => far.readableLength >= far.readableHighWaterMark;
    while (!full()) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(far.readableLength).toBeLessThan(4 * far.readableHighWaterMark);
    far.on('pause', () => setImmediate(() => far.resume()));
    far.resume();
    near.end();
    await once(far, 'end');
    expect(got).toBe(total);
  });

  it('leave what comes to others when they take the socket', async () => {
    const [near, far] = await socketPair();
    const first: string[] = [];
    readDirectly(far, (bytes) => first.push(bytes.toString()));
    near.write('for the reader');
    while (first.length === 0) await new Promise(setImmediate);
    readByOthers(far, ['data']);
    const next = once(far, 'data');
    near.write('for others');
    expect(String((await next)[0])).toBe('for others');
    expect(first).toEqual(['for the reader']);
  });

  it('give what was put back before they began first', async () => {
    const [near, far] = await socketPair();
    near.write('second');
    await once(far, 'readable');
    far.removeAllListeners('readable');
    far.unshift(Buffer.from('first '));
    let text = '';
    readDirectly(far, (bytes) => {
      text += bytes.toString();
    });
    far.resume();
    near.end(' third');
    await once(far, 'end');
    expect(text).toBe('first second third');
  });
});
