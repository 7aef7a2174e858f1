// What endpoints are hashed by, with the hashes that tables and rings begin with: computed once, as both are built anew whenever somebody goes out or comes back.
import { murmurHash2 } from '../../base/murmur-hash2.ts';
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { RingHashSpec } from '../../model/balancing-spec.ts';

type HashFunction = RingHashSpec['hashFunction'];

const NO_HASHES = new Uint32Array(0);

export class HashKey {
  /** Characters are bytes. */
  readonly text: string;
  /** By xxHash64 with the seeds 0 and 1. */
  readonly first = new Word64();
  readonly second = new Word64();
  #ring = NO_HASHES;
  #ringFunction: HashFunction = 'xx-hash';

  constructor(text: string, xxHash: XxHash64) {
    this.text = text;
    this.first.copy(xxHash.hash(text, 0, text.length));
    this.second.copy(xxHash.hash(text, 0, text.length, 0, 1));
  }

  /** Of its places on a ring, in order: high and low half of at least `count`. */
  ringHashes(count: number, hashFunction: HashFunction): Uint32Array {
    const known = hashFunction === this.#ringFunction ? this.#ring : NO_HASHES;
    if (known.length >= 2 * count) return known;
    const hashes = new Uint32Array(2 * count);
    hashes.set(known);
    const xxHash = new XxHash64();
    for (let place = known.length / 2; place < count; place += 1) {
      const text = `${this.text}_${place}`;
      const { high, low } = hashFunction === 'xx-hash' ? xxHash.hash(text, 0, text.length) : murmurHash2(text);
      hashes[2 * place] = high;
      hashes[2 * place + 1] = low;
    }
    this.#ring = hashes;
    this.#ringFunction = hashFunction;
    return hashes;
  }

  /** What it holds on to. */
  get bytes(): number {
    return KEY_BYTES + this.#ring.byteLength;
  }
}

/** Of a key without its places, as V8 holds it. */
const KEY_BYTES = 200;

/** Keys by their text, as many as fit. */
export class HashKeys {
  readonly #maxBytes: number;
  readonly #keys = new Map<string, HashKey>();
  readonly #xxHash = new XxHash64();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `text`: beyond ASCII it counts as the bytes of UTF-8. */
  of(text: string): HashKey {
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    const key = new HashKey(Buffer.from(text, 'utf8').toString('latin1'), this.#xxHash);
    this.#keys.set(text, key);
    return key;
  }

  /** Forgets all keys where they take too much, among them those of endpoints that are gone. */
  trim(): void {
    let bytes = 0;
    for (const key of this.#keys.values()) bytes += key.bytes;
    if (bytes > this.#maxBytes) this.#keys.clear();
  }
}
