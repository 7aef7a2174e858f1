// MurmurHash2 for 64 bits as the standard library of GCC has it: Envoy's other hash of rings. Source: A. Appleby's MurmurHash64A, public domain.
import { Word64 } from './word64.ts';

const MULTIPLIER_HIGH = 0xc6a4a793;
const MULTIPLIER_LOW = 0x5bd1e995;
/** Of libstdc++. */
const SEED = 0xc70f6907;

/** `text`: characters are bytes. Not for the hot path. */
export function murmurHash2(text: string): Word64 {
  const hash = new Word64();
  const data = new Word64();
  hash.set(0, text.length);
  hash.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW);
  data.set(0, SEED);
  hash.xor(data);
  const whole = text.length - (text.length % 8);
  for (let at = 0; at < whole; at += 8) {
    readBytes(data, text, at, at + 8);
    data.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW);
    data.xorShiftRight(47);
    data.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW);
    fold(hash, data);
  }
  if (whole < text.length) {
    readBytes(data, text, whole, text.length);
    fold(hash, data);
  }
  hash.xorShiftRight(47);
  hash.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW);
  hash.xorShiftRight(47);
  return hash;
}

function fold(hash: Word64, data: Word64): void {
  hash.xor(data);
  hash.multiply(MULTIPLIER_HIGH, MULTIPLIER_LOW);
}

/** Up to eight bytes, the first one lowest. */
function readBytes(into: Word64, text: string, start: number, end: number): void {
  let high = 0;
  let low = 0;
  for (let at = start; at < end; at += 1) {
    const place = at - start;
    const byte = text.charCodeAt(at) & 255;
    if (place < 4) low |= byte << (8 * place);
    else high |= byte << (8 * (place - 4));
  }
  into.set(high, low);
}
