// @hot
// Blocks of heads that repeat, as one encoder has written them: to be written again as long as its table is the same.
import type { BlockWriter } from './block-writer.ts';

/** A power of two. */
const SLOTS = 32;
/** A block that is used is not pushed out before another has been asked for so many times in between. */
const MAX_CREDIT = 4;

/** A head that is never filled again. */
export interface SharedHead {
  /** Its place here: heads that were made one after the other have numbers that follow each other. Others may have the same. */
  readonly shared: number;
}

interface PreparedBlock {
  readonly head: SharedHead;
  readonly version: number;
  readonly bytes: Uint8Array;
  credit: number;
}

export class PreparedBlocks {
  readonly #blocks: (PreparedBlock | null)[] = [];

  /** Adds the block of that very object, which was kept at the same version of the table; false = there is none. */
  write(head: SharedHead, version: number, out: BlockWriter): boolean {
    const block = this.#blocks[head.shared & (SLOTS - 1)];
    if (block === undefined || block === null || block.head !== head || block.version !== version) return false;
    if (block.credit < MAX_CREDIT) block.credit += 1;
    out.octets(block.bytes);
    return true;
  }

  /** Keeps what `out` has from `start` on for the next time. */
  keep(head: SharedHead, version: number, out: BlockWriter, start: number): void {
    const slot = head.shared & (SLOTS - 1);
    const before = this.#blocks[slot];
    if (before !== undefined && before !== null && before.head !== head && before.version === version) {
      before.credit -= 1;
      if (before.credit >= 0) return;
    }
    while (this.#blocks.length <= slot) this.#blocks.push(null);
    const bytes = Uint8Array.prototype.slice.call(out.bytes, start, out.end);
    this.#blocks[slot] = { head, version, bytes, credit: 0 }; // alloc-ok: for a head that repeats
  }
}
