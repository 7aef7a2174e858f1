// The rings and tables that were built last: whoever is ejected comes back, and then the one from before is the right one again.

import { HashKeys } from './hash-key.ts';
import type { HashPlaces, Placed } from './hash-places.ts';

/** Of one sidecar: fifteen tables of Maglev of default size, or two rings of as many places. */
const DEFAULT_MAX_BYTES = 2 * 1024 * 1024;
/** Of an endpoint in what is remembered of a ring or a table. */
const PLACED_BYTES = 40;

interface Remembered {
  /** What it was built by, beside the endpoints. */
  readonly recipe: string;
  readonly placed: readonly Placed[];
  /** Equal for equal endpoints, and seldom else. */
  readonly fingerprint: number;
  readonly places: HashPlaces;
}

/** What is built is a function of endpoints, shares and recipe alone, so that clusters and sidecars may share one. */
export class PlacesMemo {
  readonly keys: HashKeys;
  readonly #maxBytes: number;
  /** The latest at the end. */
  readonly #remembered: Remembered[] = [];
  #bytes = 0;

  /** `maxBytes`: of places, and as much again of keys. */
  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
    this.keys = new HashKeys(maxBytes);
  }

  /** What `build` answered for the same, or answers now. */
  places(recipe: string, placed: readonly Placed[], build: () => HashPlaces): HashPlaces {
    const fingerprint = fingerprintOf(placed);
    const at = this.#remembered.findLastIndex(
      (one) => one.fingerprint === fingerprint && one.recipe === recipe && areEqual(one.placed, placed),
    );
    const found = at < 0 ? undefined : this.#remembered.splice(at, 1)[0];
    if (found !== undefined) {
      this.#remembered.push(found);
      return found.places;
    }
    const places = build();
    this.keys.trim();
    this.#remember({ recipe, placed, fingerprint, places });
    return places;
  }

  #remember(one: Remembered): void {
    this.#remembered.push(one);
    this.#bytes += bytesOf(one);
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#remembered.shift();
      if (oldest === undefined) return;
      this.#bytes -= bytesOf(oldest);
    }
  }
}

function bytesOf({ places, placed }: Remembered): number {
  return places.bytes + PLACED_BYTES * placed.length;
}

function fingerprintOf(placed: readonly Placed[]): number {
  let mixed = placed.length;
  for (const { key, share } of placed) {
    mixed = Math.imul(mixed ^ key.first.low, 0x9e3779b1) ^ Math.imul(share * 0x1_0000_0000, 0x85ebca6b);
  }
  return mixed;
}

function areEqual(left: readonly Placed[], right: readonly Placed[]): boolean {
  if (left.length !== right.length) return false;
  return left.every(({ key, share }, index) => {
    const other = right[index] as Placed;
    return key.text === other.key.text && share === other.share;
  });
}
