// @hot
// Header blocks that repeat: what one was decoded into is kept, as long as the table that it was read with stays as it is.
import type { Head } from '../head.ts';
import type { SharedHeads } from './shared-heads.ts';

/** Blocks that a connection keeps at most: a power of two. */
const SLOTS = 8;
/** Longer ones are decoded anew each time. */
const MAX_BLOCK_BYTES = 512;

interface RepeatedBlock<H extends Head> {
  readonly bytes: Uint8Array;
  readonly kind: number;
  readonly version: number;
  readonly head: H;
}

/** Of one direction of a connection. The same bytes mean the same while the table's version is the same. */
export class RepeatedHeads<H extends Head> {
  readonly #shared: SharedHeads<H>;
  readonly #blocks: (RepeatedBlock<H> | null)[] = [];
  /** What came last for each slot, by hash: a block is kept when it comes for the second time. */
  readonly #seen = new Int32Array(SLOTS);
  #hash = 0;

  constructor(shared: SharedHeads<H>) {
    this.#shared = shared;
  }

  /**
   * The head that bytes `start` … `end` were decoded into before with a table of this version, or null. `kind`: a small number for what else
   * makes a difference. The head is for reading only.
   */
  find(bytes: Buffer, start: number, end: number, version: number, kind: number): H | null {
    this.#hash = 0;
    if (end - start > MAX_BLOCK_BYTES) return null;
    let hash = Math.imul(version, 0x9e3779b1) ^ kind;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    this.#hash = (hash ^ (hash >>> 15)) | 1;
    const block = this.#blocks[this.#slot];
    if (block === undefined || block === null || block.version !== version || block.kind !== kind) return null;
    return isSame(block.bytes, bytes, start, end) ? block.head : null;
  }

  /** What `find` did not find was decoded into `head`, without a change of the table. */
  keep(bytes: Buffer, start: number, end: number, version: number, kind: number, head: H): void {
    if (this.#hash === 0) return;
    const slot = this.#slot;
    if (this.#seen[slot] !== this.#hash) {
      this.#seen[slot] = this.#hash;
      return;
    }
    const shared = this.#shared.take(head);
    if (shared === null) return;
    while (this.#blocks.length <= slot) this.#blocks.push(null);
    // alloc-ok: for a block that repeats
    this.#blocks[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), kind, version, head: shared };
  }

  get #slot(): number {
    return (this.#hash >>> 1) & (SLOTS - 1);
  }
}

function isSame(kept: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (kept.length !== end - start) return false;
  for (let at = 0; at < kept.length; at += 1) if (kept[at] !== bytes[start + at]) return false;
  return true;
}
