// Promises of upgraded streams that share a connection of HTTP/2: who does not read is waited for, and nobody else.
import { once } from 'node:events';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { turns, until } from '../../support/until.ts';
import { EXTENDED_CONNECT, echoUpgrade, UpgradeStage } from '../../support/upgrade-stage.ts';
import { acceptingPod, asking, upgraded } from '../../support/upgrades.ts';

const up = new UpgradeStage();
afterEach(() => up.close());

const TOTAL = 12 * 1_048_576;
/** A stream's window, and what sockets on the way hold of it. */
const HELD = 8 * 1_048_576;

/** Until nothing has moved for a while. */
async function stalled(moved: () => number): Promise<number> {
  for (let before = -1; before !== moved(); ) {
    before = moved();
    await turns(100);
  }
  return moved();
}

describe('a caller of HTTP/2 who does not read one of its WebSockets', () => {
  it('makes its pod wait, is answered on its other streams, and gets all in the end', async () => {
    const pod = await acceptingPod(up.pods, (socket) => void socket.end(Buffer.alloc(TOTAL, 'x')));
    const backend = await up.stage.backend(named('a'));
    const plane = await up.stage.plane({
      services: { web: [pod], other: [backend] },
      http: { upgrades: { websocket: true } },
    });
    const caller = await up.caller(plane);
    const stream = caller.open('web', EXTENDED_CONNECT, false);
    await once(stream, 'response');
    const [socket] = pod.accepted;
    const sent = await stalled(() => (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0));
    expect(sent).toBeLessThan(HELD);
    expect(String((await caller.ask('other')).body)).toBe('a /');
    let received = 0;
    stream.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    await once(stream, 'end');
    expect(received).toBe(TOTAL);
    stream.end();
    expect((await plane.logged(1)).bytesSent).toBe(TOTAL);
  });
});

describe('a caller of HTTP/1.1 who does not read what a pod of HTTP/2 sends', () => {
  it('makes its stream wait, and no other one of that connection', async () => {
    let sent = (): number => 0;
    const pod = await up.http2Pod((stream, headers) => {
      if (headers[':path'] !== '/pour') {
        echoUpgrade(stream, headers);
        return;
      }
      stream.respond({ ':status': 200 });
      let written = 0;
      const pour = (): void => {
        while (written < TOTAL && stream.write(Buffer.alloc(65_536, 'x'))) written += 65_536;
        written += 65_536;
        if (written < TOTAL) stream.once('drain', pour);
        else stream.end();
      };
      pour();
      sent = () => written;
    });
    const plane = await up.http2Plane([pod]);
    const slow = await plane.client();
    slow.socket.pause();
    slow.send(asking().replace('/chat', '/pour'));
    await until('the pod pours', () => sent() > 0);
    expect(await stalled(sent)).toBeLessThan(HELD);
    const other = await plane.client();
    await upgraded(other);
    other.send('hello');
    expect(String(await other.read(5))).toBe('hello');
    slow.socket.resume();
    expect((await slow.answer()).status).toBe(101);
    expect((await slow.rest()).length).toBeGreaterThanOrEqual(TOTAL);
    slow.end();
    other.end();
    await plane.quiet();
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
  });
});
