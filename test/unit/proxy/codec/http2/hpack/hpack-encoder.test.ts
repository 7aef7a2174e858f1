// HPACK's encoder: what it indexes, what it keeps out of tables, and that a decoder follows it.
import fc from 'fast-check';
import { BlockWriter } from '../../../../../../src/proxy/codec/http2/hpack/block-writer.ts';
import { HpackEncoder } from '../../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import type { SharedHead } from '../../../../../../src/proxy/codec/http2/hpack/prepared-blocks.ts';
import { BlockReader, type FieldPair, write } from './blocks.ts';

const REQUEST: readonly FieldPair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/data'],
  [':authority', 'my-api-service'],
  ['user-agent', 'sample/1.0'],
];

describe('a field', () => {
  it('is a literal the first time, enters the table the second time, and is one byte from the third on', () => {
    const encoder = new HpackEncoder();
    const lengths = [1, 2, 3, 4].map(() => write(encoder, REQUEST).length);
    expect(lengths[0]).toBeGreaterThan(30);
    expect(lengths[1]).toBeLessThan(lengths[0] as number);
    expect(lengths.slice(2)).toEqual([5, 5]);
    expect(encoder.size).toBeGreaterThan(0);
  });

  it('of the static table is one byte at once', () => {
    expect(write(new HpackEncoder(), REQUEST.slice(0, 2)).toString('hex')).toBe('8286');
  });

  it.each([
    ['authorization', 'Bearer 0123456789'],
    ['proxy-authorization', 'Basic eA=='],
    ['cookie', 'id=7'],
  ])('%s is never indexed, however often it is sent', (name, value) => {
    const encoder = new HpackEncoder();
    const reader = new BlockReader();
    for (let i = 0; i < 5; i += 1) {
      expect(reader.read(write(encoder, [[name, value]]))).toEqual([[name, value]]);
      expect(reader.neverIndexed).toEqual([name]);
    }
    expect(encoder.size).toBe(0);
  });

  it('that came as never indexed goes on as such', () => {
    const encoder = new HpackEncoder();
    const reader = new BlockReader();
    const out = new BlockWriter();
    for (let i = 0; i < 3; i += 1) encoder.field('x-key: secret', 5, true, out);
    reader.read(out.bytes.subarray(0, out.end));
    expect(reader.neverIndexed).toEqual(['x-key', 'x-key', 'x-key']);
  });

  it('that is sent once stays a literal that the reader may index, and is kept nowhere', () => {
    const encoder = new HpackEncoder();
    const reader = new BlockReader();
    const out = new BlockWriter();
    for (let i = 0; i < 3; i += 1) encoder.once('x-request-id: 1', 12, out);
    expect(reader.read(out.bytes.subarray(0, out.end))).toEqual(Array.from({ length: 3 }, () => ['x-request-id', '1']));
    expect([reader.neverIndexed, encoder.size]).toEqual([[], 0]);
  });

  it('of more than 512 characters stays out of the table', () => {
    const encoder = new HpackEncoder();
    for (let i = 0; i < 3; i += 1) write(encoder, [['x-large', 'v'.repeat(600)]]);
    expect(encoder.size).toBe(0);
  });
});

describe('the table size', () => {
  it('follows the peer down to 0 and up again, told in the next block', () => {
    const encoder = new HpackEncoder();
    const reader = new BlockReader();
    for (let i = 0; i < 3; i += 1) reader.read(write(encoder, REQUEST));
    encoder.setPeerLimit(0);
    expect(encoder.size).toBe(0);
    encoder.setPeerLimit(65_536);
    const block = write(encoder, REQUEST);
    expect(block.subarray(0, 4).toString('hex')).toBe('203fe11f');
    expect(reader.read(block)).toEqual(REQUEST);
    expect(reader.decoder.table.maxSize).toBe(4_096);
  });

  it('never goes beyond 4,096 bytes, whatever the peer allows', () => {
    const encoder = new HpackEncoder();
    encoder.setPeerLimit(2 ** 31);
    for (let i = 0; i < 500; i += 1) {
      for (let twice = 0; twice < 2; twice += 1) write(encoder, [['x-number', `${i}`.padStart(100, '0')]]);
      expect(encoder.size).toBeLessThanOrEqual(4_096);
    }
  });
});

describe('whatever is encoded', () => {
  const token = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  const octets = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,60}$/);
  const field = fc.tuple(fc.oneof(fc.constantFrom('cookie', ':path', 'x-a', 'te', 'authorization'), token), octets);
  const blocks = fc.array(fc.array(field, { maxLength: 20 }), { maxLength: 12 });

  it('is decoded to the same fields, over many blocks of one connection and changes of the table size', () => {
    fc.assert(
      fc.property(blocks, fc.array(fc.nat(5_000)), (lists, sizes) => {
        const encoder = new HpackEncoder();
        const reader = new BlockReader();
        lists.forEach((pairs, index) => {
          const size = sizes[index];
          if (size !== undefined) encoder.setPeerLimit(size);
          for (let twice = 0; twice < 2; twice += 1) expect(reader.read(write(encoder, pairs))).toEqual(pairs);
          expect(reader.decoder.table.size).toBe(encoder.size);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a head that repeats', () => {
  // Of two listeners, which count both from one.
  const ONE = { shared: 1 };
  const OTHER = { shared: 1 };

  /** Adds the fields as those of that head; true = they were there already. */
  function send(encoder: HpackEncoder, reader: BlockReader, head: SharedHead, pairs: readonly FieldPair[]): boolean {
    const out = new BlockWriter();
    encoder.begin(out);
    const start = out.end;
    const repeated = encoder.repeat(head, out);
    if (!repeated) {
      for (const [name, value] of pairs) encoder.field(`${name}: ${value}`, name.length, false, out);
      encoder.remember(head, out, start);
    }
    expect(reader.read(Buffer.from(out.bytes.subarray(0, out.end)))).toEqual(pairs);
    return repeated;
  }

  it('is written again as it was, once all of its fields are in the table', () => {
    const [encoder, reader] = [new HpackEncoder(), new BlockReader()];
    expect([1, 2, 3, 4, 5].map(() => send(encoder, reader, ONE, REQUEST))).toEqual([false, false, false, true, true]);
  });

  it('is written anew behind every change of the table', () => {
    const [encoder, reader] = [new HpackEncoder(), new BlockReader()];
    const other: readonly FieldPair[] = [['x-other', 'v']];
    for (let count = 0; count < 4; count += 1) send(encoder, reader, ONE, REQUEST);
    send(encoder, reader, OTHER, other);
    expect(send(encoder, reader, ONE, REQUEST)).toBe(true);
    send(encoder, reader, OTHER, other);
    expect([send(encoder, reader, ONE, REQUEST), send(encoder, reader, ONE, REQUEST)]).toEqual([false, true]);
    encoder.setPeerLimit(0);
    expect(send(encoder, reader, ONE, REQUEST)).toBe(false);
  });

  it('is never taken for another: 2,000 heads of 200 kinds with changes of the table in between', () => {
    const [encoder, reader] = [new HpackEncoder(), new BlockReader()];
    const heads = Array.from({ length: 300 }, (_, shared) => ({ shared: shared % 40 }));
    let repeated = 0;
    fc.assert(
      fc.property(fc.nat({ max: 199 }), fc.nat({ max: 300 }), (kind, limit) => {
        if (limit === 0) encoder.setPeerLimit(kind * 20);
        if (limit === 1) encoder.setPeerLimit(4_096);
        const common = kind % 10;
        if (send(encoder, reader, heads[common] as SharedHead, [...REQUEST, ['x-kind', String(common)]])) repeated += 1;
        send(encoder, reader, heads[kind + 100] as SharedHead, [...REQUEST, ['x-kind', String(kind + 100)]]);
      }),
      { numRuns: 1_000, seed: 7 },
    );
    expect(repeated).toBeGreaterThan(50);
  });
});
