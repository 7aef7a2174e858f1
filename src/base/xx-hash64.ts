// @hot
// xxHash64 of texts whose characters are bytes: the hash that Envoy places keys and endpoints with. Source: the xxHash specification, XXH64.
import { Word64 } from './word64.ts';

const PRIME1_HIGH = 0x9e3779b1;
const PRIME1_LOW = 0x85ebca87;
const PRIME2_HIGH = 0xc2b2ae3d;
const PRIME2_LOW = 0x27d4eb4f;
const PRIME3_HIGH = 0x165667b1;
const PRIME3_LOW = 0x9e3779f9;
const PRIME4_HIGH = 0x85ebca77;
const PRIME4_LOW = 0xc2b2ae63;
const PRIME5_HIGH = 0x27d4eb2f;
const PRIME5_LOW = 0x165667c5;

const STRIPE = 32;

/** Used again and again; it keeps no more of a text than its hash. */
export class XxHash64 {
  readonly #hash = new Word64();
  readonly #lane = new Word64();
  readonly #lanes = [new Word64(), new Word64(), new Word64(), new Word64()] as const;

  /**
   * The hash of `text` from `start` to `end`, with a seed of two halves. Characters are bytes: of those above 255 the low 8 bits count. The
   * answer is good until the next call.
   */
  hash(text: string, start: number, end: number, seedHigh = 0, seedLow = 0): Word64 {
    const hash = this.#hash;
    const length = end - start;
    let at = start;
    if (length < STRIPE) {
      hash.set(PRIME5_HIGH, PRIME5_LOW);
      hash.add(seedHigh, seedLow);
    } else {
      at = this.#stripes(text, start, end, seedHigh, seedLow);
    }
    hash.add(0, length);
    this.#tail(text, at, end);
    hash.xorShiftRight(33);
    hash.multiply(PRIME2_HIGH, PRIME2_LOW);
    hash.xorShiftRight(29);
    hash.multiply(PRIME3_HIGH, PRIME3_LOW);
    hash.xorShiftRight(32);
    return hash;
  }

  /** Whole stripes of 32 bytes; answers where the rest begins. */
  #stripes(text: string, start: number, end: number, seedHigh: number, seedLow: number): number {
    const [first, second, third, fourth] = this.#lanes;
    first.set(PRIME1_HIGH, PRIME1_LOW);
    first.add(PRIME2_HIGH, PRIME2_LOW);
    first.add(seedHigh, seedLow);
    second.set(PRIME2_HIGH, PRIME2_LOW);
    second.add(seedHigh, seedLow);
    third.set(seedHigh, seedLow);
    // Minus PRIME1: its complement and one.
    fourth.set(~PRIME1_HIGH, ~PRIME1_LOW);
    fourth.add(0, 1);
    fourth.add(seedHigh, seedLow);
    let at = start;
    for (; at + STRIPE <= end; at += STRIPE) {
      this.#absorb(first, text, at);
      this.#absorb(second, text, at + 8);
      this.#absorb(third, text, at + 16);
      this.#absorb(fourth, text, at + 24);
    }
    this.#hash.set(0, 0);
    this.#join(first, 1);
    this.#join(second, 7);
    this.#join(third, 12);
    this.#join(fourth, 18);
    this.#merge(first);
    this.#merge(second);
    this.#merge(third);
    this.#merge(fourth);
    return at;
  }

  #absorb(lane: Word64, text: string, at: number): void {
    this.#read(text, at);
    this.#lane.multiply(PRIME2_HIGH, PRIME2_LOW);
    lane.add(this.#lane.high, this.#lane.low);
    lane.rotateLeft(31);
    lane.multiply(PRIME1_HIGH, PRIME1_LOW);
  }

  #join(lane: Word64, bits: number): void {
    this.#lane.copy(lane);
    this.#lane.rotateLeft(bits);
    this.#hash.add(this.#lane.high, this.#lane.low);
  }

  #merge(lane: Word64): void {
    this.#lane.copy(lane);
    this.#mixLane();
    this.#hash.multiply(PRIME1_HIGH, PRIME1_LOW);
    this.#hash.add(PRIME4_HIGH, PRIME4_LOW);
  }

  /** Mixes the lane and folds it into the hash. */
  #mixLane(): void {
    this.#lane.multiply(PRIME2_HIGH, PRIME2_LOW);
    this.#lane.rotateLeft(31);
    this.#lane.multiply(PRIME1_HIGH, PRIME1_LOW);
    this.#hash.xor(this.#lane);
  }

  /** Fewer than 32 bytes: by eight, by four, by one. */
  #tail(text: string, start: number, end: number): void {
    const hash = this.#hash;
    let at = start;
    for (; at + 8 <= end; at += 8) {
      this.#read(text, at);
      this.#mixLane();
      hash.rotateLeft(27);
      hash.multiply(PRIME1_HIGH, PRIME1_LOW);
      hash.add(PRIME4_HIGH, PRIME4_LOW);
    }
    if (at + 4 <= end) {
      this.#lane.set(0, readHalf(text, at));
      this.#lane.multiply(PRIME1_HIGH, PRIME1_LOW);
      hash.xor(this.#lane);
      hash.rotateLeft(23);
      hash.multiply(PRIME2_HIGH, PRIME2_LOW);
      hash.add(PRIME3_HIGH, PRIME3_LOW);
      at += 4;
    }
    for (; at < end; at += 1) {
      this.#lane.set(0, text.charCodeAt(at) & 255);
      this.#lane.multiply(PRIME5_HIGH, PRIME5_LOW);
      hash.xor(this.#lane);
      hash.rotateLeft(11);
      hash.multiply(PRIME1_HIGH, PRIME1_LOW);
    }
  }

  #read(text: string, at: number): void {
    this.#lane.set(readHalf(text, at + 4), readHalf(text, at));
  }
}

/** Four bytes, the first one lowest. */
function readHalf(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 255) |
    ((text.charCodeAt(at + 1) & 255) << 8) |
    ((text.charCodeAt(at + 2) & 255) << 16) |
    ((text.charCodeAt(at + 3) & 255) << 24)
  );
}
