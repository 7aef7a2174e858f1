// Bytes of a tunnel over HTTP/2 to a caller that reads late: what waits for it is not overwritten by what is read next.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { DATA, HEADERS, PREFACE, SETTINGS, WINDOW_UPDATE } from '../../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { frame, framesOf } from '../../unit/proxy/codec/http2/frames.ts';
import { write } from '../../unit/proxy/codec/http2/hpack/blocks.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

/** Each four bytes say where they are. */
function numbered(bytes: number): Buffer {
  const all = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at += 4) all.writeUInt32BE(at, at);
  return all;
}

const PIECE_BYTES = 30_000;
const ALL = numbered(24_000_000);

describe('a tunnel over HTTP/2', () => {
  it('carries 24 MB whole to a caller that begins to read when nothing more fits', async () => {
    let sent = 0;
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      // One piece at a time, so that a read seldom finds more than one.
      const send = (): void => {
        const piece = ALL.subarray(sent, sent + PIECE_BYTES);
        if (piece.length === 0) return;
        socket.write(piece, () => {
          sent += piece.length;
          setImmediate(send);
        });
      };
      send();
    });
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const plane = await stage.plane({ services: { web: [{ host: '127.0.0.1', port }] } });
    const caller = connect(plane.port, '127.0.0.1');
    closers.push(() => caller.destroy());
    caller.write(
      Buffer.concat([
        Buffer.from(PREFACE),
        frame(SETTINGS, 0, 0, '0004 7fffffff'),
        frame(WINDOW_UPDATE, 0, 0, '7fff0000'),
        frame(
          HEADERS,
          4,
          1,
          write(new HpackEncoder(), [
            [':method', 'CONNECT'],
            [':authority', 'web:80'],
          ]),
        ),
      ]),
    );
    let stoppedAt = -1;
    await until('a full tunnel', () => {
      const stopped = sent > 0 && sent === stoppedAt && plane.stat('cluster.web.upstream_cx_active') === 1;
      stoppedAt = sent;
      return stopped;
    });
    const pieces: Buffer[] = [];
    let received = 0;
    caller.on('data', (piece: Buffer) => {
      pieces.push(piece);
      received += piece.length;
    });
    await until('all bytes', () => received > ALL.length);
    const frames = framesOf(Buffer.concat(pieces)).filter(({ type }) => type === DATA);
    const body = Buffer.concat(frames.map(({ payload }) => payload));
    expect(body.length).toBeGreaterThan(ALL.length - 100_000);
    expect(body.equals(ALL.subarray(0, body.length))).toBe(true);
  }, 60_000);
});
