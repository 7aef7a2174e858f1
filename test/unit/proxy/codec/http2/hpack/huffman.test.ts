// HPACK's Huffman code: complete, and the same both ways.
import fc from 'fast-check';
import { decodeHuffman } from '../../../../../../src/proxy/codec/http2/hpack/huffman-decoder.ts';
import { encodeHuffman, huffmanLength } from '../../../../../../src/proxy/codec/http2/hpack/huffman-encoder.ts';
import { CODE_LENGTHS, CODES } from '../../../../../../src/proxy/codec/http2/hpack/huffman-lengths.ts';

function code(text: string): Buffer {
  const target = Buffer.alloc(text.length * 4 + 1);
  return target.subarray(0, encodeHuffman(text, 0, text.length, target, 0));
}

describe('the code', () => {
  it('has 257 symbols, uses up every code, and ends a string with thirty ones', () => {
    expect(CODE_LENGTHS.length).toBe(257);
    expect(CODE_LENGTHS.reduce((sum, bits) => sum + 2 ** -bits, 0)).toBe(1);
    expect(CODES[256]).toBe(2 ** 30 - 1);
  });

  it.each([
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['custom-key', '25a849e95ba97d7f'],
    ['302', '6402'],
    ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ])('of %s is %s (RFC 7541 appendix C)', (text, hex) => {
    expect(code(text).toString('hex')).toBe(hex);
  });

  it('returns every string of octets, and takes the bytes that were foretold', () => {
    const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(octets, (text) => {
        const coded = code(text);
        const target = Buffer.alloc(text.length + 8);
        expect(coded.length).toBe(huffmanLength(text, 0, text.length));
        expect(target.toString('latin1', 0, decodeHuffman(coded, 0, coded.length, target, 0))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
