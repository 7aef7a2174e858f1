// @hot
// The ring of ketama: each endpoint has places on it by hashes of its name, a key belongs to the next place. Built as Envoy builds it.
import { murmurHash2 } from '../../base/murmur-hash2.ts';
import type { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { RingHashSpec } from '../../model/balancing-spec.ts';
import type { HashPlaces, Placed } from './hash-places.ts';

export class HashRing implements HashPlaces {
  readonly owners: Uint32Array;
  /** The hashes of the places in rising order, in two halves. */
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;

  /** At least one endpoint. */
  constructor(placed: readonly Placed[], spec: RingHashSpec) {
    const draft = draftRing(placed, spec);
    const order = sortOrder(draft);
    this.owners = draft.owners.map((_, place) => draft.owners[order[place] as number] as number);
    this.#high = draft.high.map((_, place) => draft.high[order[place] as number] as number);
    this.#low = draft.low.map((_, place) => draft.low[order[place] as number] as number);
  }

  find({ high, low }: Word64): number {
    let from = 0;
    let to = this.owners.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const there = this.#high[middle] as number;
      if (there < high || (there === high && (this.#low[middle] as number) < low)) from = middle + 1;
      else to = middle;
    }
    return from === this.owners.length ? 0 : from;
  }
}

interface RingDraft {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly owners: Uint32Array;
}

/** The lightest endpoint gets a whole number of places, as long as the ring stays within its bounds. */
function scaleOf(placed: readonly Placed[], { minRingSize, maxRingSize }: RingHashSpec): number {
  const least = placed.reduce((lowest, { share }) => Math.min(lowest, share), 1); // alloc-ok: update time
  return Math.min(Math.ceil(least * minRingSize) / least, maxRingSize);
}

function draftRing(placed: readonly Placed[], spec: RingHashSpec): RingDraft {
  const scale = scaleOf(placed, spec);
  // Sums of fractions may come to one place more.
  const room = Math.ceil(scale) + 1;
  const high = new Uint32Array(room); // alloc-ok: update time
  const low = new Uint32Array(room); // alloc-ok: update time
  const owners = new Uint32Array(room); // alloc-ok: update time
  const xxHash = new XxHash64(); // alloc-ok: update time
  let places = 0;
  let wanted = 0;
  for (const [owner, { key, share }] of placed.entries()) {
    wanted += scale * share;
    for (let i = 0; places < wanted && places < room; i += 1) {
      const text = `${key}_${i}`;
      const hash = spec.hashFunction === 'xx-hash' ? xxHash.hash(text, 0, text.length) : murmurHash2(text);
      high[places] = hash.high;
      low[places] = hash.low;
      owners[places] = owner;
      places += 1;
    }
  }
  return { high: high.slice(0, places), low: low.slice(0, places), owners: owners.slice(0, places) }; // alloc-ok: update time
}

/** Places by hash: a radix sort, byte by byte from the lowest, as comparing a million of them would take seconds. */
function sortOrder({ high, low }: RingDraft): Uint32Array {
  let order = Uint32Array.from(high.keys());
  let next = new Uint32Array(order.length); // alloc-ok: update time
  const starts = new Uint32Array(256); // alloc-ok: update time
  for (let byte = 0; byte < 8; byte += 1) {
    const half = byte < 4 ? low : high;
    const shift = (byte & 3) * 8;
    starts.fill(0);
    for (const value of half) starts[(value >>> shift) & 255] = (starts[(value >>> shift) & 255] as number) + 1;
    let start = 0;
    for (let digit = 0; digit < 256; digit += 1) {
      const count = starts[digit] as number;
      starts[digit] = start;
      start += count;
    }
    for (const place of order) {
      const digit = ((half[place] as number) >>> shift) & 255;
      const at = starts[digit] as number;
      next[at] = place;
      starts[digit] = at + 1;
    }
    const done = order;
    order = next;
    next = done;
  }
  return order;
}
