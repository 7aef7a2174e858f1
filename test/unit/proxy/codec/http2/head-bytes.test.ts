// Short runs of bytes: every length on both sides of where a call takes the loop's place.
import { isText, KnownTexts, moveBytes, putText } from '../../../../../src/proxy/codec/http2/head-bytes.ts';

const LENGTHS = [0, 1, 127, 128, 129, 300];
const textOf = (length: number): string =>
  Array.from({ length }, (_, at) => String.fromCharCode(255 - (at % 200))).join('');

describe('short runs of bytes', () => {
  it.each(LENGTHS)('of %i bytes are written as latin1, and moved', (length) => {
    const bytes = Buffer.alloc(1_000);
    expect(putText(bytes, 3, textOf(length))).toBe(3 + length);
    expect(bytes.toString('latin1', 3, 3 + length)).toBe(textOf(length));
    moveBytes(bytes, 500, 3, length);
    expect(bytes.subarray(500, 500 + length).equals(bytes.subarray(3, 3 + length))).toBe(true);
    expect([bytes[2], bytes[3 + length], bytes[499], bytes[500 + length]]).toEqual([0, 0, 0, 0]);
    expect(isText(bytes, 3, 3 + length, textOf(length))).toBe(true);
  });

  it('say a text only where every byte does', () => {
    const bytes = Buffer.from('trailers');
    expect(['trailer', 'trailert', 'Trailers', 'trailers '].some((text) => isText(bytes, 0, 8, text))).toBe(false);
  });
});

describe('KnownTexts', () => {
  it('gives what the bytes say, 5,000 texts of all lengths over and over', () => {
    const known = new KnownTexts();
    for (let count = 0; count < 5_000; count += 1) {
      const text = `/${(count * 7919) % 613}/${'x'.repeat(count % 300)}`;
      const bytes = Buffer.from(`--${text}--`, 'latin1');
      expect(known.take(bytes, 2, 2 + text.length)).toBe(text);
    }
    expect(known.take(Buffer.from('a'), 1, 1)).toBe('');
  });
});
