// @hot
// Octets into HPACK's Huffman code (RFC 7541 section 5.2).
import { CODE_LENGTHS, CODES } from './huffman-lengths.ts';

/** Bytes that characters `start` … `end` of `text` (latin1) take when coded. */
export function huffmanLength(text: string, start: number, end: number): number {
  let bits = 0;
  for (let at = start; at < end; at += 1) bits += CODE_LENGTHS[text.charCodeAt(at)] as number;
  return (bits + 7) >> 3;
}

/** Writes them coded to `target` from `at` on and returns the offset behind; the last byte is filled with ones. */
export function encodeHuffman(text: string, start: number, end: number, target: Buffer, at: number): number {
  let pending = 0;
  let bits = 0;
  for (let index = start; index < end; index += 1) {
    const symbol = text.charCodeAt(index);
    const length = CODE_LENGTHS[symbol] as number;
    const code = CODES[symbol] as number;
    // A code has up to 30 bits and 7 may be waiting: taken in two halves they fit 32.
    if (length > 16) {
      pending = (pending << (length - 16)) | (code >>> 16);
      bits += length - 16;
      for (; bits >= 8; at += 1) {
        bits -= 8;
        target[at] = pending >>> bits;
      }
      pending = (pending << 16) | (code & 0xffff);
      bits += 16;
    } else {
      pending = (pending << length) | code;
      bits += length;
    }
    for (; bits >= 8; at += 1) {
      bits -= 8;
      target[at] = pending >>> bits;
    }
  }
  if (bits === 0) return at;
  target[at] = (pending << (8 - bits)) | (0xff >> bits);
  return at + 1;
}
