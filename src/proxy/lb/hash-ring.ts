// @hot
// The ring of ketama: each endpoint has places on it by hashes of its name, a key belongs to the next place. Built as Envoy builds it.
import type { Word64 } from '../../base/word64.ts';
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
    this.owners = inOrder(draft.owners, order);
    this.#high = inOrder(draft.high, order);
    this.#low = inOrder(draft.low, order);
  }

  get bytes(): number {
    return this.owners.byteLength + this.#high.byteLength + this.#low.byteLength;
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

function inOrder(values: Uint32Array, order: Uint32Array): Uint32Array {
  const ordered = new Uint32Array(order.length); // alloc-ok: update time
  for (let at = 0; at < order.length; at += 1) ordered[at] = values[order[at] as number] as number;
  return ordered;
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
  let places = 0;
  let wanted = 0;
  for (const [owner, { key, share }] of placed.entries()) {
    wanted += scale * share;
    const own = Math.min(Math.ceil(wanted), room) - places;
    const hashes = key.ringHashes(own, spec.hashFunction);
    for (let i = 0; i < own; i += 1) {
      high[places] = hashes[2 * i] as number;
      low[places] = hashes[2 * i + 1] as number;
      owners[places] = owner;
      places += 1;
    }
  }
  return { high: high.slice(0, places), low: low.slice(0, places), owners: owners.slice(0, places) }; // alloc-ok: update time
}

/** Of a digit of the radix sort. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

/** Places by hash: a radix sort by the high half, as comparing a million of them would take seconds; few are equal in that. */
function sortOrder({ high, low }: RingDraft): Uint32Array {
  let order = new Uint32Array(high.length); // alloc-ok: update time
  let next = new Uint32Array(high.length); // alloc-ok: update time
  for (let place = 0; place < order.length; place += 1) order[place] = place;
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    sortByDigit(high, shift, order, next);
    const done = order;
    order = next;
    next = done;
  }
  sortEqualHighs(order, high, low);
  return order;
}

/** Those of `order` go into `next`; where their digits are equal they stay in order. */
function sortByDigit(values: Uint32Array, shift: number, order: Uint32Array, next: Uint32Array): void {
  const starts = new Uint32Array(DIGITS + 1); // alloc-ok: update time
  for (let place = 0; place < values.length; place += 1) {
    const after = (((values[place] as number) >>> shift) & (DIGITS - 1)) + 1;
    starts[after] = (starts[after] as number) + 1;
  }
  for (let digit = 1; digit < DIGITS; digit += 1) {
    starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
  }
  for (let from = 0; from < order.length; from += 1) {
    const place = order[from] as number;
    const digit = ((values[place] as number) >>> shift) & (DIGITS - 1);
    const at = starts[digit] as number;
    next[at] = place;
    starts[digit] = at + 1;
  }
}

/** By insertion: runs of equal ones are short. */
function sortEqualHighs(order: Uint32Array, high: Uint32Array, low: Uint32Array): void {
  for (let at = 1; at < order.length; at += 1) {
    const place = order[at] as number;
    let to = at;
    while (to > 0 && comesAfter(order[to - 1] as number, place, high, low)) {
      order[to] = order[to - 1] as number;
      to -= 1;
    }
    order[to] = place;
  }
}

/** Of two whose high halves are in order. */
function comesAfter(left: number, right: number, high: Uint32Array, low: Uint32Array): boolean {
  return high[left] === high[right] && (low[left] as number) > (low[right] as number);
}
