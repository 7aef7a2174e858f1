// Heads that repeat: when one object may stand for many, and when it must not.
import { RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { encodeTrailers } from '../../../../../src/proxy/codec/http2/encode-head.ts';
import { BlockWriter } from '../../../../../src/proxy/codec/http2/hpack/block-writer.ts';
import { FieldText, HpackDecoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { RepeatedHeads } from '../../../../../src/proxy/codec/http2/repeated-heads.ts';
import { RepeatedTrailers } from '../../../../../src/proxy/codec/http2/repeated-trailers.ts';
import { RequestHeadBuilder } from '../../../../../src/proxy/codec/http2/request-head-builder.ts';
import { ResponseHeadBuilder } from '../../../../../src/proxy/codec/http2/response-head-builder.ts';
import { SharedHeads } from '../../../../../src/proxy/codec/http2/shared-heads.ts';
import { BlockReader, type FieldPair, write } from './hpack/blocks.ts';

const text = new FieldText(65_536);
const out = new BlockWriter();

function request(...more: readonly FieldPair[]): RequestHead {
  const builder = new RequestHeadBuilder();
  const head = new RequestHead(50);
  const pairs: readonly FieldPair[] = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'web'],
  ];
  builder.begin(head, text);
  const block = write(new HpackEncoder(), [...pairs, ...more]);
  new HpackDecoder().decode(block, 0, block.length, text, builder);
  builder.end(text, true);
  expect(builder.problem).toBe('');
  return head;
}

function response(method: string): ResponseHead {
  const builder = new ResponseHeadBuilder();
  const head = new ResponseHead(50);
  builder.begin(head, text);
  const block = write(new HpackEncoder(), [
    [':status', '200'],
    ['content-length', '5'],
  ]);
  new HpackDecoder().decode(block, 0, block.length, text, builder);
  builder.end(text, false, method);
  return head;
}

const createRequests = (): SharedHeads<RequestHead> => new SharedHeads(() => new RequestHead(0));

describe('a shared head', () => {
  it('says what the head says that it was made of, after that has been filled anew', () => {
    const head = request(['x-a', '1'], ['te', 'trailers'], ['x-request-id', 'r']);
    const shared = createRequests().take(head) as RequestHead;
    const plain = (of: RequestHead): object => ({
      ...of,
      shared: 0,
      offsets: [...of.offsets].slice(0, of.fieldCount * 4),
      hopByHop: [...of.hopByHop].slice(0, of.fieldCount),
    });
    expect(plain(shared)).toEqual(plain(head));
    head.offsets.fill(0);
    head.hopByHop.fill(0);
    head.text = '';
    expect([shared.get('x-a'), shared.get('x-request-id'), shared.shared]).toEqual(['1', 'r', 1]);
  });

  it('is one for the same head of any connection, and another for any other', () => {
    const heads = createRequests();
    const one = heads.take(request(['x-a', '1']));
    expect(heads.take(request(['x-a', '1']))).toBe(one);
    expect(heads.take(request(['x-a', '2']))?.shared).not.toBe(one?.shared);
  });

  it('is another where one text means another body, as with HEAD', () => {
    const heads = new SharedHeads(() => new ResponseHead(0));
    const got = heads.take(response('GET'));
    const only = heads.take(response('HEAD'));
    expect([got?.text, got?.contentLength, only?.contentLength]).toEqual([only?.text, 5, 0]);
    expect(got?.shared).not.toBe(only?.shared);
  });

  it('is not made of tunnels, of calls with a deadline, of more than 2,048 characters, and of fields that are never indexed', () => {
    const heads = createRequests();
    const tunnel = request();
    tunnel.isConnect = true;
    const upgrade = request();
    upgrade.upgrade = true;
    const timed = request(['grpc-timeout', '1S']);
    const secret = request(['x-key', 'k']);
    secret.hopByHop[1] = 2;
    expect(
      [tunnel, upgrade, timed, secret, request(['x-a', 'v'.repeat(2_048)])].map((head) => heads.take(head)),
    ).toEqual([null, null, null, null, null]);
  });

  it('is forgotten when 512 others have come', () => {
    const heads = createRequests();
    const first = heads.take(request(['x-a', 'first']));
    for (let count = 0; count < 512; count += 1) heads.take(request(['x-a', String(count)]));
    expect(heads.take(request(['x-a', 'first']))).not.toBe(first);
  });
});

describe('a block', () => {
  const BLOCK = Buffer.from('--block--');
  const find = (heads: RepeatedHeads<RequestHead>, version: number, kind: number): RequestHead | null =>
    heads.find(BLOCK, 2, 7, version, kind);

  it('is known from the third time on', () => {
    const heads = new RepeatedHeads(createRequests());
    const head = request();
    const found = [1, 2, 3, 4].map(() => {
      const known = find(heads, 7, 0);
      if (known === null) heads.keep(BLOCK, 2, 7, 7, 0, head);
      return known?.text ?? null;
    });
    expect(found).toEqual([null, null, head.text, head.text]);
  });

  it.each([
    ['another version of the table', 8, 0],
    ['another kind', 7, 1],
  ])('is not known with %s', (_what, version, kind) => {
    const heads = new RepeatedHeads(createRequests());
    for (let count = 0; count < 2; count += 1) {
      find(heads, 7, 0);
      heads.keep(BLOCK, 2, 7, 7, 0, request());
    }
    expect(find(heads, version, kind)).toBeNull();
    expect(find(heads, 7, 0)).not.toBeNull();
  });

  it('of more than 512 bytes is never kept', () => {
    const heads = new RepeatedHeads(createRequests());
    const long = Buffer.alloc(513);
    for (let count = 0; count < 4; count += 1) {
      expect(heads.find(long, 0, 513, 1, 0)).toBeNull();
      heads.keep(long, 0, 513, 1, 0, request());
    }
  });
});

describe('trailers', () => {
  const BLOCKS = ['aaaa', 'bbbb', 'ccccc', 'a'.repeat(129)].map((text) => Buffer.from(`-${text}-`));

  /** What is found for the block, and what is decoded if nothing is. */
  function read(trailers: RepeatedTrailers, block: Buffer, version: number, text: string): string {
    const known = trailers.find(block, 1, block.length - 1, version);
    if (known === null) trailers.keep(block, 1, block.length - 1, version, text);
    return known === null ? `decoded ${text}` : known;
  }

  it('are known from the third time in a row on, until others come or the table changes', () => {
    const trailers = new RepeatedTrailers();
    const [a, b, c, long] = BLOCKS as [Buffer, Buffer, Buffer, Buffer];
    const reads: [Buffer, number, string][] = [
      ...[1, 2, 3, 4].map((): [Buffer, number, string] => [a, 1, 'A']),
      [b, 1, 'B'],
      [a, 1, 'A'],
      ...[1, 2, 3].map((): [Buffer, number, string] => [c, 1, 'C']),
      [c, 2, 'other'],
      [c, 2, 'other'],
      [c, 2, 'other'],
      ...[1, 2, 3].map((): [Buffer, number, string] => [long, 2, 'long']),
    ];
    expect(reads.map(([block, version, text]) => read(trailers, block, version, text))).toEqual([
      ...['decoded A', 'decoded A', 'A', 'A', 'decoded B', 'decoded A', 'decoded C', 'decoded C', 'C'],
      ...['decoded other', 'decoded other', 'other', 'decoded long', 'decoded long', 'decoded long'],
    ]);
  });

  it('are written again as they were, and others as themselves', () => {
    const encoder = new HpackEncoder();
    const reader = new BlockReader();
    const texts = ['grpc-status: 0\r\n', 'grpc-status: 5\r\ngrpc-message: nobody\r\n'];
    for (let turn = 0; turn < 40; turn += 1) {
      const said = texts[turn % 7 === 0 ? 1 : 0] as string;
      encodeTrailers(encoder, said, out);
      const pairs = reader.read(Buffer.from(out.bytes.subarray(0, out.end))) ?? [];
      expect(pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')).toBe(said);
      if (turn === 20) encoder.setPeerLimit(0);
      if (turn === 30) encoder.setPeerLimit(4_096);
    }
  });
});

describe('a head that begins without room', () => {
  it('takes as many fields as it may, and no more', () => {
    const builder = new RequestHeadBuilder();
    const head = new RequestHead(50, 0);
    const pairs = Array.from({ length: 49 }, (_, index): FieldPair => [`x-${index}`, String(index)]);
    const read = (more: readonly FieldPair[]): boolean => {
      builder.begin(head, text);
      const block = write(new HpackEncoder(), [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'web'],
        ...pairs,
        ...more,
      ]);
      new HpackDecoder().decode(block, 0, block.length, text, builder);
      return builder.tooManyFields;
    };
    expect([read([]), head.fieldCount]).toEqual([false, 50]);
    builder.end(text, true);
    expect(pairs.every(([name, value]) => head.get(name) === value)).toBe(true);
    expect([read([['x-more', '']]), head.fieldCount, head.hopByHop.length]).toEqual([true, 50, 50]);
  });
});
