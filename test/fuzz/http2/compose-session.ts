// What a caller of HTTP/2 sends on one connection, put together at random and spoilt now and then.
import { type Random, randomBelow } from '../../../src/base/random.ts';
import {
  CONTINUATION,
  DATA,
  HEADERS,
  PING,
  PREFACE,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../src/proxy/codec/http2/frame.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';
import type { FieldPair } from '../../unit/proxy/codec/http2/hpack/blocks.ts';
import { pick } from '../http1/mutations.ts';
import { drawRequest, encodeBlock } from './compose-blocks.ts';

const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const WITH_PRIORITY = 0x20;
const BODIES = ['', '', 'a', 'hello', '0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'x'.repeat(300)];
const TRAILERS: readonly (readonly FieldPair[])[] = [
  [['x-sum', '1']],
  [['x-sum', '']],
  [[':path', '/']],
  [['X', 'y']],
  [['x', 'a\r\nb']],
];
/** Frames that say nothing about requests, and some that are wrong. */
const OTHERS: readonly Buffer[] = [
  frame(PING, 0, 0, Buffer.alloc(8)),
  frame(SETTINGS, 0, 0, '0004 00010000'),
  frame(SETTINGS, 0, 0, '0005 00004000'),
  frame(SETTINGS, 1, 0),
  frame(WINDOW_UPDATE, 0, 0, '00010000'),
  frame(PRIORITY, 0, 5, '00000003 10'),
  frame(0xbe, 0, 0, '0102'),
  frame(WINDOW_UPDATE, 0, 1, '00000001'),
  frame(RST_STREAM, 0, 1, '00000008'),
  frame(RST_STREAM, 0, 99, '00000008'),
  frame(DATA, 0, 99, '00'),
  frame(SETTINGS, 0, 0, '0004 ffffffff'),
  frame(CONTINUATION, 4, 1),
];

/** The preface with the caller's settings, and one to four requests whose frames follow in any order that leaves each whole. */
export function composeSession(random: Random): Buffer {
  const streams = Array.from({ length: 1 + randomBelow(random, 4) }, (_, index) => drawStream(random, index * 2 + 1));
  const sent: Buffer[] = [Buffer.from(PREFACE), frame(SETTINGS, 0, 0)];
  // Blocks change the table: heads leave in the order in which they were made.
  for (const { head, rest } of streams) {
    sent.push(head);
    if (randomBelow(random, 3) > 0) sent.push(...rest.splice(0));
  }
  for (let left = streams.filter(({ rest }) => rest.length > 0); left.length > 0; ) {
    sent.push(pick(random, left).rest.shift() as Buffer);
    left = left.filter(({ rest }) => rest.length > 0);
  }
  if (randomBelow(random, 4) === 0) sent.splice(2 + randomBelow(random, sent.length - 1), 0, pick(random, OTHERS));
  return Buffer.concat(sent);
}

/** `session` with up to three bytes replaced, left out or put in; the preface stays. */
export function spoilSession(session: Buffer, random: Random): Buffer {
  let bytes = session;
  for (let changes = randomBelow(random, 4); changes > 0; changes -= 1) {
    const at = PREFACE.length + randomBelow(random, bytes.length - PREFACE.length);
    const removed = randomBelow(random, 3);
    const inserted = Buffer.from(Array.from({ length: randomBelow(random, 3) }, () => randomBelow(random, 256)));
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
  }
  return bytes;
}

interface StreamPlan {
  readonly head: Buffer;
  readonly rest: Buffer[];
}

function drawStream(random: Random, id: number): StreamPlan {
  const body = pick(random, BODIES);
  const { fields } = drawRequest(random, body.length);
  const trailers = randomBelow(random, 4) === 0 ? pick(random, TRAILERS) : null;
  const endsAtOnce = body === '' && trailers === null && randomBelow(random, 4) > 0;
  const head = headers(encodeBlock(fields, random), id, endsAtOnce, random);
  if (endsAtOnce) return { head, rest: [] };
  // A block of trailers that is made now must be sent now, behind the head.
  if (trailers !== null) {
    const block = headers(encodeBlock(trailers, random), id, true, random);
    return { head: Buffer.concat([head, ...dataFrames(body, id, false, random), block]), rest: [] };
  }
  return { head, rest: dataFrames(body, id, true, random) };
}

function dataFrames(body: string, id: number, endStream: boolean, random: Random): Buffer[] {
  const cut = randomBelow(random, body.length + 1);
  const pieces = [body.slice(0, cut), body.slice(cut)].filter(
    (piece, index) => piece !== '' || (endStream && index === 1),
  );
  return pieces.map((piece, index) => {
    const flags = endStream && index === pieces.length - 1 ? END_STREAM : 0;
    return padded(DATA, flags, id, Buffer.from(piece, 'latin1'), random);
  });
}

/** A block in one frame or, one time out of five, in pieces. */
function headers(block: Buffer, id: number, endStream: boolean, random: Random): Buffer {
  const flags = endStream ? END_STREAM : 0;
  if (randomBelow(random, 5) > 0) return padded(HEADERS, flags | END_HEADERS, id, block, random);
  const at = randomBelow(random, block.length + 1);
  return Buffer.concat([
    frame(HEADERS, flags, id, block.subarray(0, at)),
    frame(CONTINUATION, END_HEADERS, id, block.subarray(at)),
  ]);
}

/** One time out of five with padding, of heads also with a priority. */
function padded(type: number, flags: number, id: number, payload: Buffer, random: Random): Buffer {
  if (randomBelow(random, 5) > 0) return frame(type, flags, id, payload);
  const padding = randomBelow(random, 10);
  const priority = type === HEADERS ? Buffer.from('0000000010', 'hex') : Buffer.alloc(0);
  const more = type === HEADERS ? PADDED | WITH_PRIORITY : PADDED;
  return frame(type, flags | more, id, Buffer.concat([Buffer.of(padding), priority, payload, Buffer.alloc(padding)]));
}
