// 64-bit hashes against published values and against plain BigInt arithmetic.
import fc from 'fast-check';
import { murmurHash2 } from '../../../src/base/murmur-hash2.ts';
import { Word64 } from '../../../src/base/word64.ts';
import { XxHash64 } from '../../../src/base/xx-hash64.ts';

const MASK = (1n << 64n) - 1n;
const big = ({ high, low }: Word64): bigint => (BigInt(high) << 32n) | BigInt(low);

function word(value: bigint): Word64 {
  const made = new Word64();
  made.set(Number(value >> 32n), Number(value & 0xffffffffn));
  return made;
}

const hash = new XxHash64();
const xx = (text: string, seed = 0): string =>
  big(hash.hash(text, 0, text.length, 0, seed))
    .toString(16)
    .padStart(16, '0');

describe('a 64-bit word', () => {
  const value = fc.bigInt({ min: 0n, max: MASK });
  const bits = fc.integer({ min: 1, max: 63 }).filter((by) => by !== 32);

  it('adds, multiplies, rotates, mixes and divides as BigInt does, modulo 2^64', () => {
    fc.assert(
      fc.property(value, value, bits, fc.integer({ min: 1, max: 2 ** 26 }), (left, right, by, divisor) => {
        const { high, low } = word(right);
        const sum = word(left);
        sum.add(high, low);
        expect(big(sum)).toBe((left + right) & MASK);
        const product = word(left);
        product.multiply(high, low);
        expect(big(product)).toBe((left * right) & MASK);
        const rotated = word(left);
        rotated.rotateLeft(by);
        expect(big(rotated)).toBe(((left << BigInt(by)) | (left >> BigInt(64 - by))) & MASK);
        const mixed = word(left);
        mixed.xorShiftRight(by);
        expect(big(mixed)).toBe(left ^ (left >> BigInt(by)));
        expect(BigInt(word(left).modulo(divisor))).toBe(left % BigInt(divisor));
      }),
    );
  });
});

describe('xxHash64', () => {
  it.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['abc', '44bc2cf5ad770999'],
    ['message digest', '066ed728fceeb3be'],
    ['abcdefghijklmnopqrstuvwxyz', 'cfe1f278fa89835c'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'aaa46907d3047814'],
    ['1234567890'.repeat(8), 'e04a477f19ee145d'],
  ])('of %j is as published', (text, expected) => {
    expect(xx(text)).toBe(expected);
  });

  it('takes a part of a text as the text that it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.nat(), fc.nat(), (text, from, to) => {
        const start = from % (text.length + 1);
        const end = start + (to % (text.length - start + 1));
        expect(big(hash.hash(text, start, end))).toBe(big(new XxHash64().hash(text.slice(start, end), 0, end - start)));
      }),
    );
  });

  it('is another one with another seed, also of long texts', () => {
    expect(new Set([0, 1, 2].flatMap((seed) => [xx('10.0.0.1:80', seed), xx('x'.repeat(70), seed)])).size).toBe(6);
  });
});

describe('MurmurHash2', () => {
  it.each([
    ['', '553e93901e462a6e'],
    ['hello', '26553298fdbe39c8'],
    ['abcdefgh', '783db3e38db898bb'],
    ['10.0.0.1:8080_3', 'a24c839420df1f92'],
  ])('of %j is what std::hash of libstdc++ says', (text, expected) => {
    expect(big(murmurHash2(text)).toString(16)).toBe(expected);
  });

  it('agrees with BigInt arithmetic for texts of every length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(big(murmurHash2(text))).toBe(reference(text));
      }),
    );
  });
});

/** The same in BigInt. */
function reference(text: string): bigint {
  const multiplier = 0xc6a4a7935bd1e995n;
  const bytes = Buffer.from(text, 'latin1');
  const mix = (value: bigint): bigint => value ^ (value >> 47n);
  let value = 0xc70f6907n ^ ((BigInt(bytes.length) * multiplier) & MASK);
  for (let at = 0; at < bytes.length; at += 8) {
    const piece = Buffer.alloc(8);
    const length = bytes.copy(piece, 0, at, at + 8);
    const read = piece.readBigUInt64LE();
    const data = length === 8 ? (mix((read * multiplier) & MASK) * multiplier) & MASK : read;
    value = ((value ^ data) * multiplier) & MASK;
  }
  return mix((mix(value) * multiplier) & MASK);
}
