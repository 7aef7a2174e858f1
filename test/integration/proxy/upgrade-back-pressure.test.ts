// Promises of upgraded streams that share a connection of HTTP/2: who does not read is waited for, and nobody else.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Dial } from '../../../src/proxy/upstream/connection-pool.ts';
import { AcceptedSockets } from '../../support/accepted-sockets.ts';
import { systemDial } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { turns, until } from '../../support/until.ts';
import { EXTENDED_CONNECT, echoUpgrade, UpgradeStage } from '../../support/upgrade-stage.ts';
import { acceptingPod, asking, upgraded } from '../../support/upgrades.ts';

const up = new UpgradeStage();
afterEach(() => up.close());

/** More than the system's buffers hold. */
const TOTAL = 24 * 1_048_576;
/** Of it, in the sidecar: a stream's window, and what its sockets hold. */
const HELD = 1_048_576;

const accepted = new AcceptedSockets();
beforeEach(() => accepted.start());
afterEach(() => accepted.stop());

/** Keeps the last connection that was dialled. */
function dialling(): { readonly dial: Dial; socket: Socket | null } {
  const dialled = {
    socket: null as Socket | null,
    dial: (host: string, port: number): Socket => {
      dialled.socket = systemDial(host, port);
      return dialled.socket;
    },
  };
  return dialled;
}

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
    const dialled = dialling();
    const plane = await up.stage.plane({
      dial: dialled.dial,
      services: { web: [pod], other: [backend] },
      http: { upgrades: { websocket: true } },
    });
    const caller = await up.caller(plane);
    const stream = caller.open('web', EXTENDED_CONNECT, false);
    await once(stream, 'response');
    const upstream = dialled.socket as Socket;
    expect(await stalled(() => upstream.bytesRead)).toBeLessThan(HELD);
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
    });
    const dialled = dialling();
    const plane = await up.http2Plane([pod], { dial: dialled.dial });
    const slow = await plane.client();
    slow.socket.pause();
    slow.send(asking().replace('/chat', '/pour'));
    await until('the pod pours', () => (dialled.socket?.bytesRead ?? 0) > 65_536);
    const upstream = dialled.socket as Socket;
    const read = await stalled(() => upstream.bytesRead);
    const out = accepted.peerOf(slow.socket);
    expect(read).toBeLessThan(TOTAL);
    expect(read - (out.bytesWritten - out.writableLength)).toBeLessThan(HELD);
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
