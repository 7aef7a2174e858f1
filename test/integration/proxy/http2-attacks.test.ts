// Promises about HTTP/2 callers and pods that mean harm: bounded work, the offender is cut off, others are served.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, PROTOCOL_ERROR } from '../../../src/proxy/codec/http2/error-code.ts';
import {
  CONTINUATION,
  DATA,
  GOAWAY,
  HEADERS,
  PING,
  PREFACE,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, TestAddress } from '../../support/live-plane.ts';
import { RawHttp2Caller, REQUEST } from '../../support/raw-http2-caller.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { frame, framesOf } from '../../unit/proxy/codec/http2/frames.ts';
import { type FieldPair, write } from '../../unit/proxy/codec/http2/hpack/blocks.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

async function setUp(): Promise<{
  plane: LivePlane;
  offender: RawHttp2Caller;
  expectOthersServed: () => Promise<void>;
}> {
  const backend = await stage.backend(named('a'));
  const plane = await stage.plane({ services: { web: [backend] } });
  const other = new Http2Caller(plane.port);
  const offender = await RawHttp2Caller.connect(plane.port);
  closers.push(
    () => other.close(),
    () => offender.socket.destroy(),
  );
  const expectOthersServed = async (): Promise<void> => {
    expect((await other.ask('web', { ':path': '/x' })).body.toString()).toBe('a /x');
  };
  return { plane, offender, expectOthersServed };
}

function repeat(count: number, make: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
}

describe('a caller is cut off with ENHANCE_YOUR_CALM', () => {
  const FLOODS: readonly (readonly [string, (offender: RawHttp2Caller) => Buffer])[] = [
    ['20,000 PINGs', () => repeat(20_000, () => frame(PING, 0, 0, Buffer.alloc(8)))],
    ['20,000 SETTINGS', () => repeat(20_000, () => frame(SETTINGS, 0, 0, '0003 00000064'))],
    ['20,000 PRIORITYs', () => repeat(20_000, () => frame(PRIORITY, 0, 1, '00000000 10'))],
    ['20,000 frames of an unknown type', () => repeat(20_000, () => frame(0xbe, 0, 0))],
    ['20,000 WINDOW_UPDATEs', () => repeat(20_000, () => frame(WINDOW_UPDATE, 0, 0, '00000001'))],
    [
      '5,000 requests reset at once',
      (offender) =>
        repeat(5_000, (index) =>
          Buffer.concat([offender.headers(index * 2 + 1), frame(RST_STREAM, 0, index * 2 + 1, '00000008')]),
        ),
    ],
    [
      '5,000 requests that are malformed',
      (offender) => repeat(5_000, (index) => offender.headers(index * 2 + 1, [[':method', 'GET']])),
    ],
    [
      '1,000 DATA frames without data',
      (offender) => Buffer.concat([offender.headers(1, REQUEST, 4), repeat(1_000, () => frame(DATA, 0, 1))]),
    ],
    [
      '40 CONTINUATION frames for one head',
      (offender) =>
        Buffer.concat([offender.headers(1, REQUEST, 1), repeat(40, () => frame(CONTINUATION, 0, 1, '00 01 61 01 62'))]),
    ],
  ];

  it.each(FLOODS)('after %s, and others are served', async (_what, flood) => {
    const { plane, offender, expectOthersServed } = await setUp();
    offender.send(flood(offender));
    expect(await offender.cutOff()).toBe(ENHANCE_YOUR_CALM);
    await expectOthersServed();
    expect(plane.stat('http.outbound.downstream_rq_total')).toBeLessThan(1_300);
  });
});

describe('a caller', () => {
  it('who makes heads of 16 KiB into 48 MB each by references costs no more than their limit', async () => {
    const { offender, expectOthersServed } = await setUp();
    const literal = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'x')]);
    const block = Buffer.concat([write(offender.encoder, REQUEST), literal, Buffer.alloc(12_000, 0xbe)]);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 50; i += 1) offender.send(frame(HEADERS, 5, i * 2 + 1, block.subarray(0, 16_384)));
    await until('all are answered', () => offender.frames.filter(({ type }) => type === HEADERS).length >= 50);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    await expectOthersServed();
  });

  it('who opens 300 streams gets the last 44 refused', async () => {
    const held = await stage.backend(() => {});
    const plane = await stage.plane({ services: { web: [held] } });
    const offender = await RawHttp2Caller.connect(plane.port);
    closers.push(() => offender.socket.destroy());
    offender.send(repeat(300, (index) => offender.headers(index * 2 + 1)));
    const refused = () => offender.frames.filter(({ type }) => type === RST_STREAM);
    await until('the last are refused', () => refused().length === 44);
    expect(refused().every(({ payload }) => payload.readUInt32BE(0) === 7)).toBe(true);
  });

  it('who sends more than a window allows is cut off with FLOW_CONTROL_ERROR', async () => {
    const held = await stage.backend((_request, connection) => {
      connection.socket.pause();
    });
    const plane = await stage.plane({ services: { web: [held] } });
    const offender = await RawHttp2Caller.connect(plane.port);
    closers.push(() => offender.socket.destroy());
    offender.send(offender.headers(1, [[':method', 'POST'], ...REQUEST.slice(1)], 4));
    const piece = frame(DATA, 0, 1, Buffer.alloc(16_384));
    for (let i = 0; i < 2_000 && !offender.closed; i += 1) offender.send(piece);
    const reset = () => offender.frames.find(({ type }) => type === RST_STREAM || type === GOAWAY);
    await until('it is told', () => offender.closed || reset() !== undefined);
    const told = reset();
    expect(told?.payload.readUInt32BE(told.type === GOAWAY ? 4 : 0)).toBe(FLOW_CONTROL_ERROR);
  });

  it('who never opens its windows holds nothing but its own answers', async () => {
    const large = await stage.backend(({ connection }) => connection.answer(200, 'x'.repeat(1_000_000)));
    const plane = await stage.plane({ services: { web: [large] } });
    const offender = await RawHttp2Caller.connect(plane.port);
    closers.push(() => offender.socket.destroy());
    offender.send(repeat(20, (index) => offender.headers(index * 2 + 1)));
    const received = () =>
      offender.frames.filter(({ type }) => type === DATA).reduce((sum, { payload }) => sum + payload.length, 0);
    await until('its window is used up', () => received() === 65_535);
    const other = new Http2Caller(plane.port);
    closers.push(() => other.close());
    expect((await other.ask('web')).body.length).toBe(1_000_000);
    expect(received()).toBe(65_535);
  });

  it('who speaks HTTP/1.1 where only HTTP/2 is spoken is cut off with PROTOCOL_ERROR', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, codec: 'http2' });
    const socket = connect(plane.port, '127.0.0.1');
    closers.push(() => socket.destroy());
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    await once(socket, 'close');
    const last = framesOf(Buffer.concat(pieces)).at(-1);
    expect([last?.type, last?.payload.readUInt32BE(4)]).toEqual([GOAWAY, PROTOCOL_ERROR]);
  });
});

describe('a pod', () => {
  /** Speaks HTTP/2 as `script` says, once it has been asked. */
  async function pod(script: (socket: Socket) => void): Promise<TestAddress> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(frame(SETTINGS, 0, 0));
      let seen = Buffer.alloc(0);
      let asked = false;
      socket.on('data', (bytes: Buffer) => {
        seen = Buffer.concat([seen, bytes]);
        if (asked || !framesOf(seen, PREFACE.length).some(({ type }) => type === HEADERS)) return;
        asked = true;
        script(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const address = server.address();
    return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
  }

  const head = (fields: readonly FieldPair[], flags = 4): Buffer =>
    frame(HEADERS, flags, 1, write(new HpackEncoder(), fields));

  it.each<readonly [string, (socket: Socket) => void]>([
    ['a head without :status', (socket) => socket.write(head([['x', 'y']], 5))],
    ['101', (socket) => socket.write(head([[':status', '101']]))],
    [
      'a Connection field',
      (socket) =>
        socket.write(
          head(
            [
              [':status', '200'],
              ['connection', 'close'],
            ],
            5,
          ),
        ),
    ],
    ['a block that cannot be decoded', (socket) => socket.write(frame(HEADERS, 5, 1, 'be'))],
    ['PUSH_PROMISE', (socket) => socket.write(frame(5, 4, 1, '00000002 82'))],
    ['17 interim answers', (socket) => socket.write(repeat(17, () => head([[':status', '103']])))],
    ['a frame of 16,385 bytes', (socket) => socket.write(frame(DATA, 0, 1, Buffer.alloc(16_385)))],
    ['an answer of HTTP/1.1', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')],
  ])('that answers with %s makes 502 or 503, and nothing else of its connection is believed', async (_what, script) => {
    const plane = await stage.plane({ services: { web: [await pod(script)] }, http2Services: ['web'] });
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    const answer = await caller.ask('web', { ':method': 'POST' }, 'x');
    expect([502, 503]).toContain(answer.status);
  });

  it('whose answer is shorter than its Content-Length, or longer, is passed on as broken off', async () => {
    for (const data of ['short', 'far too long for ten']) {
      const script = (socket: Socket): void => {
        socket.write(
          Buffer.concat([
            head([
              [':status', '200'],
              ['content-length', '10'],
            ]),
            frame(DATA, 1, 1, Buffer.from(data)),
          ]),
        );
      };
      const plane = await stage.plane({ services: { web: [await pod(script)] }, http2Services: ['web'] });
      const caller = new Http2Caller(plane.port);
      closers.push(() => caller.close());
      await expect(caller.ask('web')).rejects.toThrow('reset 2');
    }
  });
});
