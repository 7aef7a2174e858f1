// @hot
// Where header blocks are written: a buffer that grows, one for many connections, since a block is written without a pause.

const FIRST_BYTES = 4_096;

export class BlockWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Behind what is written. */
  end = 0;

  /** Makes room for `length` more bytes. */
  reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }

  /** `value` with its first bits in the bits of `mask`, beside those of `flags` (RFC 7541 section 5.1). The caller has reserved six bytes. */
  integer(flags: number, mask: number, value: number): void {
    const bytes = this.bytes;
    if (value < mask) {
      bytes[this.end] = flags | value;
      this.end += 1;
      return;
    }
    bytes[this.end] = flags | mask;
    this.end += 1;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) {
      bytes[this.end] = (rest & 0x7f) | 0x80;
      this.end += 1;
    }
    bytes[this.end] = rest;
    this.end += 1;
  }

  /** Bytes that were written before. */
  octets(source: Uint8Array): void {
    this.reserve(source.length);
    const { bytes, end } = this;
    for (let at = 0; at < source.length; at += 1) bytes[end + at] = source[at] as number;
    this.end = end + source.length;
  }

  /** Characters `start` … `end` of `text` (latin1), one byte each. The caller has reserved them. */
  characters(text: string, start: number, end: number): void {
    const bytes = this.bytes;
    let at = this.end;
    for (let index = start; index < end; index += 1, at += 1) bytes[at] = text.charCodeAt(index);
    this.end = at;
  }
}
