// @hot
// Unsigned 64-bit arithmetic in place, without the allocations of BigInt: two halves that are calculated with as one number.

export class Word64 {
  /** Each 0 … 2^32 − 1. */
  high = 0;
  low = 0;

  set(high: number, low: number): void {
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  copy(other: Word64): void {
    this.high = other.high;
    this.low = other.low;
  }

  xor(other: Word64): void {
    this.high = (this.high ^ other.high) >>> 0;
    this.low = (this.low ^ other.low) >>> 0;
  }

  /** Modulo 2^64, as all that follows. */
  add(high: number, low: number): void {
    const sum = this.low + low;
    this.low = sum >>> 0;
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }

  multiply(high: number, low: number): void {
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const low00 = a0 * b0;
    const low01 = a0 * b1;
    const low10 = a1 * b0;
    const middle = (low00 >>> 16) + (low01 & 0xffff) + (low10 & 0xffff);
    const carry = a1 * b1 + (low01 >>> 16) + (low10 >>> 16) + (middle >>> 16);
    this.high = (carry + Math.imul(this.high, low) + Math.imul(this.low, high)) >>> 0;
    this.low = ((middle << 16) | (low00 & 0xffff)) >>> 0;
  }

  /** By 1 … 63 bits, but not 32. */
  rotateLeft(bits: number): void {
    const { high, low } = this;
    const by = bits & 31;
    const first = bits < 32 ? high : low;
    const second = bits < 32 ? low : high;
    this.high = ((first << by) | (second >>> (32 - by))) >>> 0;
    this.low = ((second << by) | (first >>> (32 - by))) >>> 0;
  }

  /** Exclusive or with itself, moved to the right by 1 … 63 bits. */
  xorShiftRight(bits: number): void {
    if (bits >= 32) {
      this.low = (this.low ^ (this.high >>> (bits - 32))) >>> 0;
      return;
    }
    this.low = (this.low ^ ((this.low >>> bits) | (this.high << (32 - bits)))) >>> 0;
    this.high = (this.high ^ (this.high >>> bits)) >>> 0;
  }

  /** The remainder of a division by 1 … 2^26. */
  modulo(divisor: number): number {
    return ((this.high % divisor) * (0x1_0000_0000 % divisor) + this.low) % divisor;
  }
}
