// What the comparison with Node's HTTP/2 server sees: that it hears, that it tells why it ends a connection, and each way in which a request may change.
import { COMPRESSION_ERROR, NO_ERROR, PROTOCOL_ERROR } from '../../../src/proxy/codec/http2/error-code.ts';
import { DATA, HEADERS, PREFACE, SETTINGS } from '../../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';
import { type FieldPair, write } from '../../unit/proxy/codec/http2/hpack/blocks.ts';
import { hpack } from './hpack.ts';
import { hasLengthInTrailers } from './lengths-in-trailers.ts';
import { NodeHttp2Server, nodeReading } from './node-oracle.ts';
import { differenceOf, type HeardRequest, NO_END, requestOfHttp1, requestOfHttp2 } from './request-difference.ts';
import { http2Sessions } from './sessions.ts';

const START: readonly FieldPair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/a'],
  [':authority', 'svc'],
];
const NODE = new NodeHttp2Server();

/** The preface, and frames whose blocks are made by one encoder. */
function session(...make: readonly ((encoder: HpackEncoder) => Buffer)[]): Buffer {
  const encoder = new HpackEncoder();
  return Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), ...make.map((one) => one(encoder))]);
}

const head =
  (stream: number, fields = START, flags = 4) =>
  (encoder: HpackEncoder) =>
    frame(HEADERS, flags, stream, write(encoder, fields));
const data =
  (stream: number, text: string, flags = 1) =>
  () =>
    frame(DATA, flags, stream, Buffer.from(text));

describe("Node's HTTP/2 server", () => {
  it('tells every request with its fields, body and trailers, and whether it was whole', async () => {
    const bytes = session(head(1), data(1, 'hello', 0), head(1, [['x-sum', '1']], 5), head(3), data(3, 'half', 0));
    const { requests, failure } = await nodeReading(NODE, bytes.toString('latin1'));
    expect(failure).toBe(NO_ERROR);
    expect(requests).toEqual([
      { stream: 1, fields: START.flat(), body: 'hello', trailers: ['x-sum', '1'], complete: true },
      { stream: 3, fields: START.flat(), body: 'half', trailers: [], complete: false },
    ]);
  });

  it.each([
    ['a block that cannot be decoded', frame(HEADERS, 5, 1, 'ff ff ff ff ff'), COMPRESSION_ERROR],
    ['a frame that is not allowed', frame(DATA, 0, 9, '00'), PROTOCOL_ERROR],
  ])('tells that it ended a connection for %s', async (_what, wrong, code) => {
    const bytes = Buffer.concat([session(), wrong]);
    expect(await nodeReading(NODE, bytes.toString('latin1'))).toEqual({ requests: [], failure: code });
  });
});

describe('a request behind the sidecar', () => {
  const sent = requestOfHttp2({
    stream: 1,
    fields: [...START.flat(), 'cookie', 'a=1', 'cookie', 'b=2', 'te', 'trailers', 'content-length', '5', 'x', 'y'],
    body: 'hello',
    trailers: [],
    complete: true,
  });
  const fields = ['Host', 'svc', 'cookie', 'a=1; b=2', 'Content-Length', '5', 'x', 'y', 'x-request-id', 'made'];
  const owed = requestOfHttp1({ start: 'POST /a', fields, body: 'hello', trailers: [], complete: true });

  it('is the same with one cookie, Host, and an id of ours; where it was cut off, as much of it as has come', () => {
    expect(differenceOf(sent, owed)).toBe('');
    expect(differenceOf(sent, { ...owed, body: 'hel', complete: false })).toBe('');
    expect(differenceOf({ ...sent, complete: false }, owed)).toBe('');
  });

  it.each<[string, Partial<HeardRequest>]>([
    ['another target', { start: 'POST /b' }],
    ['another authority', { authority: 'other' }],
    ['a crumb too few', { cookie: 'a=1' }],
    ['a field too many', { fields: [...owed.fields, 'z: 1'] }],
    ['another body', { body: 'hullo' }],
    ['a body too short', { body: 'hell' }],
    ['trailers that nobody sent', { protocol: 'http2', trailers: ['x: y'] }],
  ])('is another one with %s', (_what, change) => {
    expect(differenceOf(sent, { ...owed, ...change })).not.toBe('');
  });

  it('must not be whole where what was sent was not, but for its length', () => {
    expect(differenceOf({ ...sent, length: -1, complete: false }, owed)).toBe(NO_END);
  });
});

describe('a fuzzer of HTTP/2', () => {
  it.each([hpack, http2Sessions('http1'), http2Sessions('http2')])(
    'accepts what is right ($name)',
    async ({ name, check }) => {
      const block = write(new HpackEncoder(), START);
      const input =
        name === 'http2-hpack'
          ? Buffer.concat([Buffer.of(block.length), block])
          : session(head(1, START, 5), head(3), data(3, 'hello'));
      expect(await check(input.toString('latin1'))).toEqual({ accepted: true, problem: '' });
    },
  );

  it('knows a length in trailers, which Node holds against the body', () => {
    expect(hasLengthInTrailers(session(head(1), head(1, [['content-length', '5']], 5)))).toBe(true);
    expect(hasLengthInTrailers(session(head(1, [...START, ['content-length', '5']]), head(1, [['x', '5']], 5)))).toBe(
      false,
    );
  });
});
