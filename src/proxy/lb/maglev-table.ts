// @hot
// The table of Maglev: every endpoint lists all places in an order of its own, and they take turns until all places are taken. Built as Envoy
// builds it. Source: D. Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.
import type { Word64 } from '../../base/word64.ts';
import type { HashPlaces, Placed } from './hash-places.ts';

export class MaglevTable implements HashPlaces {
  readonly owners: Uint16Array | Uint32Array;
  readonly #size: number;

  /** At least one endpoint; `size` is a prime. */
  constructor(placed: readonly Placed[], size: number) {
    this.#size = size;
    this.owners = fillTable(placed, size);
  }

  get bytes(): number {
    return this.owners.byteLength;
  }

  find(hash: Word64): number {
    return hash.modulo(this.#size);
  }
}

/** Endpoints while the table is filled, in the order of their turns. */
interface Contenders {
  readonly owners: Int32Array;
  /** Of each the place that it would take next, and how far it goes on from there. */
  readonly next: Int32Array;
  readonly skips: Int32Array;
  readonly shares: Float64Array;
}

interface Draft {
  readonly owners: Uint16Array | Uint32Array;
  /** A bit for each place: eight kilobytes of a table of default size, which stay next to the processor where a byte for each would not. */
  readonly taken: Int32Array;
}

function fillTable(placed: readonly Placed[], size: number): Uint16Array | Uint32Array {
  // alloc-ok: update time
  const owners = placed.length < 0xffff ? new Uint16Array(size) : new Uint32Array(size);
  const draft: Draft = { owners, taken: new Int32Array((size + 31) >>> 5) }; // alloc-ok: update time
  const contenders = contendersOf(placed, size);
  const [share] = contenders.shares;
  // alloc-ok: update time
  if (contenders.shares.every((one) => one === share)) fillEvenly(draft, contenders);
  else fillByShare(draft, contenders);
  return owners;
}

/** The order in which endpoints came must not matter: sidecars are told of them at different times. */
function contendersOf(placed: readonly Placed[], size: number): Contenders {
  const texts = placed.map(({ key }) => key.text); // alloc-ok: update time
  const owners = Int32Array.from(texts.keys()).sort((left, right) => compare(texts[left], texts[right])); // alloc-ok: update time
  const next = new Int32Array(owners.length); // alloc-ok: update time
  const skips = new Int32Array(owners.length); // alloc-ok: update time
  const shares = new Float64Array(owners.length); // alloc-ok: update time
  for (let index = 0; index < owners.length; index += 1) {
    const { key, share } = placed[owners[index] as number] as Placed;
    next[index] = key.first.modulo(size);
    skips[index] = key.second.modulo(size - 1) + 1;
    shares[index] = share;
  }
  return { owners, next, skips, shares }; // alloc-ok: update time
}

function compare(left = '', right = ''): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Everybody has every turn. */
function fillEvenly(draft: Draft, contenders: Contenders): void {
  const count = contenders.owners.length;
  for (let left = draft.owners.length; left > 0; left -= count) {
    const turns = Math.min(left, count);
    for (let index = 0; index < turns; index += 1) takePlace(draft, contenders, index);
  }
}

/** The heaviest has every turn, one of half its weight every second. */
function fillByShare(draft: Draft, contenders: Contenders): void {
  const { shares } = contenders;
  const greatest = shares.reduce((most, share) => Math.max(most, share), 0); // alloc-ok: update time
  const due = new Float64Array(shares.length); // alloc-ok: update time
  let left = draft.owners.length;
  for (let turn = 1; left > 0; turn += 1) {
    for (let index = 0; index < shares.length && left > 0; index += 1) {
      if (turn * (shares[index] as number) < (due[index] as number)) continue;
      due[index] = (due[index] as number) + greatest;
      takePlace(draft, contenders, index);
      left -= 1;
    }
  }
}

/** The first place in the order of contender `index` that is free. Without branches but for the one that ends the search: half of them would be guessed wrongly. */
function takePlace({ owners, taken }: Draft, { owners: whose, next, skips }: Contenders, index: number): void {
  const size = owners.length;
  const step = (skips[index] as number) - size;
  let place = next[index] as number;
  while (((taken[place >>> 5] as number) & (1 << (place & 31))) !== 0) {
    place += step;
    place += size & (place >> 31);
  }
  taken[place >>> 5] = (taken[place >>> 5] as number) | (1 << (place & 31));
  owners[place] = whose[index] as number;
  place += step;
  next[index] = place + (size & (place >> 31));
}
