// Sessions of HTTP/2 that were spoilt at random: whatever comes, the sidecar goes on, and nothing is left behind.
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import {
  CONTINUATION,
  DATA,
  HEADERS,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { echoStream, Http2Backend } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import { echo } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';
import { type FieldPair, write } from '../../unit/proxy/codec/http2/hpack/blocks.ts';

const RUNS = Number(process.env['HTTP2_FUZZ_RUNS'] ?? 250);

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

/** A good session: five requests with and without bodies, trailers, padding, a head in pieces, a reset. */
function session(service: string): Buffer {
  const encoder = new HpackEncoder();
  const fields = (method: string, more: readonly FieldPair[] = []): Buffer =>
    write(encoder, [[':method', method], [':scheme', 'http'], [':path', '/'], [':authority', service], ...more]);
  const long = fields('POST', [
    ['x-long', 'v'.repeat(200)],
    ['content-length', '5'],
  ]);
  return Buffer.concat([
    Buffer.from(PREFACE),
    frame(SETTINGS, 0, 0, '0003 00000064 0004 00020000'),
    frame(SETTINGS, 1, 0),
    frame(HEADERS, 5, 1, fields('GET')),
    frame(WINDOW_UPDATE, 0, 0, '00010000'),
    frame(HEADERS, 4, 3, fields('POST')),
    frame(DATA, 8, 3, Buffer.concat([Buffer.from([2]), Buffer.from('hello'), Buffer.alloc(2)])),
    frame(HEADERS, 5, 3, write(encoder, [['x-sum', '1']])),
    frame(HEADERS, 0, 5, long.subarray(0, 50)),
    frame(CONTINUATION, 4, 5, long.subarray(50)),
    frame(DATA, 1, 5, Buffer.from('world')),
    frame(PING, 0, 0, Buffer.from('pingpong')),
    frame(HEADERS, 4, 7, fields('PUT')),
    frame(RST_STREAM, 0, 7, '00000008'),
    frame(HEADERS, 5, 9, fields('HEAD')),
  ]);
}

interface Change {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.integer({ min: 0, max: 2_000 }),
  remove: fc.integer({ min: 0, max: 4 }),
  insert: fc.uint8Array({ maxLength: 4 }),
});

function spoil(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((all, { at, remove, insert }) => {
    // The preface stays: what is none is HTTP/1.1's business.
    const from = PREFACE.length + (at % (all.length - PREFACE.length));
    return Buffer.concat([all.subarray(0, from), insert, all.subarray(from + remove)]);
  }, bytes);
}

describe('spoilt sessions', () => {
  it.each(['http1', 'http2'] as const)(
    'harm nobody in front of pods of %s',
    async (protocol) => {
      const pod = protocol === 'http1' ? await stage.backend(echo) : await Http2Backend.start(echoStream);
      if (pod instanceof Http2Backend) closers.push(() => pod.close());
      const plane = await stage.plane({ services: { web: [pod] }, http2Services: protocol === 'http2' ? ['web'] : [] });
      const other = new Http2Caller(plane.port);
      closers.push(() => other.close());
      const good = session('web');
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(good.length), async (changes, cut) => {
          const bytes = spoil(good, changes);
          const socket = connect(plane.port, '127.0.0.1');
          socket.on('error', () => {});
          socket.on('data', () => {});
          socket.write(bytes.subarray(0, cut));
          setImmediate(() => socket.end(bytes.subarray(cut)));
          await once(socket, 'close');
          expect((await other.ask('web', { ':method': 'POST' }, 'ok')).body.toString()).toBe('ok');
        }),
        { numRuns: RUNS },
      );
    },
    60_000,
  );
});
