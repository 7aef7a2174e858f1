// @hot
// The table of Maglev: every endpoint lists all places in an order of its own, and they take turns until all places are taken. Built as Envoy
// builds it. Source: D. Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.
import type { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { HashPlaces, Placed } from './hash-places.ts';

/** An endpoint while the table is filled: its next place, how far it goes on from there, and when its next turn comes. */
interface Contender {
  readonly owner: number;
  readonly key: string;
  place: number;
  readonly skip: number;
  readonly share: number;
  due: number;
}

export class MaglevTable implements HashPlaces {
  readonly owners: Uint16Array | Uint32Array;
  readonly #size: number;

  /** At least one endpoint; `size` is a prime. */
  constructor(placed: readonly Placed[], size: number) {
    this.#size = size;
    this.owners = fillTable(placed, size);
  }

  find(hash: Word64): number {
    return hash.modulo(this.#size);
  }
}

function fillTable(placed: readonly Placed[], size: number): Uint16Array | Uint32Array {
  // alloc-ok: update time
  const owners = placed.length < 0xffff ? new Uint16Array(size) : new Uint32Array(size);
  const taken = new Uint8Array(size); // alloc-ok: update time
  const contenders = placed.map((one, owner) => contenderOf(one, owner, size)); // alloc-ok: update time
  // The order in which endpoints came must not matter: sidecars are told of them at different times.
  contenders.sort(byKey);
  const greatest = placed.reduce((most, { share }) => Math.max(most, share), 0); // alloc-ok: update time
  let places = 0;
  for (let turn = 1; places < size; turn += 1) {
    for (let index = 0; index < contenders.length && places < size; index += 1) {
      const contender = contenders[index] as Contender;
      // The heaviest has every turn, one of half its weight every second.
      if (turn * contender.share < contender.due) continue;
      contender.due += greatest;
      while (taken[contender.place] === 1) advance(contender, size);
      owners[contender.place] = contender.owner;
      taken[contender.place] = 1;
      advance(contender, size);
      places += 1;
    }
  }
  return owners;
}

function byKey(left: Contender, right: Contender): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

function contenderOf({ key, share }: Placed, owner: number, size: number): Contender {
  const hash = new XxHash64(); // alloc-ok: update time
  const place = hash.hash(key, 0, key.length).modulo(size);
  const skip = hash.hash(key, 0, key.length, 0, 1).modulo(size - 1) + 1;
  return { owner, key, place, skip, share, due: 0 }; // alloc-ok: update time
}

function advance(contender: Contender, size: number): void {
  const place = contender.place + contender.skip;
  contender.place = place < size ? place : place - size;
}
