// @hot
// Whose answers count when an endpoint is judged: nobody's more than three times an interval, and nobody alone takes an endpoint out.

/** A caller that nothing tells apart from others. */
export const UNKNOWN_CALLER = 0;

/** Callers share these by their hash: 64 bytes an endpoint, however many there are. */
const SLOTS = 64;
const HALF = 32;
const MAX_VOTES = 3;

export class CallerVotes {
  /** Of requests, in lower case. */
  readonly header: string;
  readonly #seed: number;
  readonly #votes = new Uint8Array(SLOTS);
  /** Who has seen it fail: bits by slot, in this interval and in the one before. */
  #failedLow = 0;
  #failedHigh = 0;
  #earlierLow = 0;
  #earlierHigh = 0;
  /** Failures of callers that nothing tells apart: each counts as one caller. */
  #unknown = 0;
  #earlierUnknown = 0;

  /** `seed`: of this sidecar, so that nobody outside knows who shares a place with whom. */
  constructor(header: string, seed: number) {
    this.header = header;
    this.#seed = seed;
  }

  /** A hash of what the header says (FNV-1a, mixed); never UNKNOWN_CALLER. */
  callerOf(value: string): number {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let at = 0; at < value.length; at += 1) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    const mixed = (hash ^ (hash >>> 13)) >>> 0;
    return mixed === UNKNOWN_CALLER ? SLOTS : mixed;
  }

  /** `false`: `caller` has said enough in this interval. */
  admit(caller: number, failed: boolean): boolean {
    if (caller === UNKNOWN_CALLER) {
      if (failed) this.#unknown += 1;
      return true;
    }
    const slot = caller & (SLOTS - 1);
    if (failed) this.#noteFailed(slot);
    const votes = this.#votes[slot] as number;
    if (votes === MAX_VOTES) return false;
    this.#votes[slot] = votes + 1;
    return true;
  }

  /** How many callers have seen it fail lately; more than 64 are not told apart. */
  get failedCallers(): number {
    const low = this.#failedLow | this.#earlierLow;
    const high = this.#failedHigh | this.#earlierHigh;
    return bitsOf(low) + bitsOf(high) + this.#unknown + this.#earlierUnknown;
  }

  nextInterval(): void {
    this.#votes.fill(0);
    this.#earlierLow = this.#failedLow;
    this.#earlierHigh = this.#failedHigh;
    this.#earlierUnknown = this.#unknown;
    this.#failedLow = 0;
    this.#failedHigh = 0;
    this.#unknown = 0;
  }

  #noteFailed(slot: number): void {
    if (slot < HALF) this.#failedLow |= 1 << slot;
    else this.#failedHigh |= 1 << (slot - HALF);
  }
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let left = word; left !== 0; left &= left - 1) bits += 1;
  return bits;
}
