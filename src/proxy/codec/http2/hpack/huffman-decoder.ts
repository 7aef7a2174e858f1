// @hot
// Huffman-coded strings back into octets, four bits a step (RFC 7541 section 5.2).
import { CODE_LENGTHS, CODES, END_OF_STRING } from './huffman-lengths.ts';

/** What a step of STEPS holds: the next state, the octet that it completes, and whether it does or cannot be. */
const STATE = 0xff;
const OCTET_SHIFT = 8;
const EMIT = 0x1_0000;
const FAIL = 0x2_0000;

/** Inner nodes of the code tree are the states; the root is 0. Sixteen steps each. */
const { steps: STEPS, mayEnd: MAY_END } = tabulate();

/**
 * Decodes bytes `start` … `end` of `source` into `target` from `at` on, which has room for 8 octets per 5 bytes. Returns the offset behind
 * the last octet, or −1: a symbol that must not be sent (EOS), or padding that is longer than 7 bits or not all ones.
 */
export function decodeHuffman(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  let state = 0;
  for (let index = start; index < end; index += 1) {
    const byte = source[index] as number;
    let step = STEPS[state * 16 + (byte >> 4)] as number;
    if (step >= EMIT) {
      if (step >= FAIL) return -1;
      target[at] = step >> OCTET_SHIFT;
      at += 1;
    }
    step = STEPS[(step & STATE) * 16 + (byte & 15)] as number;
    if (step >= EMIT) {
      if (step >= FAIL) return -1;
      target[at] = step >> OCTET_SHIFT;
      at += 1;
    }
    state = step & STATE;
  }
  return MAY_END[state] === 1 ? at : -1;
}

interface Tables {
  readonly steps: Uint32Array;
  /** 1 for states that are at most 7 bits, all ones, away from the root. */
  readonly mayEnd: Uint8Array;
}

/** Written once, at import. */
function tabulate(): Tables {
  const tree = growTree();
  const states = tree.length / 2;
  const steps = new Uint32Array(states * 16); // alloc-ok: once, at import
  for (let state = 0; state < states; state += 1) {
    for (let nibble = 0; nibble < 16; nibble += 1) steps[state * 16 + nibble] = stepFrom(tree, state, nibble);
  }
  const mayEnd = new Uint8Array(states); // alloc-ok: once, at import
  let state = 0;
  for (let bits = 0; bits < 8; bits += 1) {
    mayEnd[state] = 1;
    state = tree[state * 2 + 1] as number;
  }
  return { steps, mayEnd }; // alloc-ok: once, at import
}

/** Two numbers a state, for bits 0 and 1: the next state, or −1 − the symbol that ends there. */
function growTree(): number[] {
  const tree = [0, 0]; // alloc-ok: once, at import
  for (let symbol = 0; symbol <= END_OF_STRING; symbol += 1) {
    let state = 0;
    for (let bit = (CODE_LENGTHS[symbol] as number) - 1; bit >= 0; bit -= 1) {
      const branch = state * 2 + (((CODES[symbol] as number) >>> bit) & 1);
      if (bit === 0) tree[branch] = -1 - symbol;
      else if (tree[branch] === 0) tree[branch] = tree.push(0, 0) / 2 - 1;
      state = tree[branch] as number;
    }
  }
  return tree;
}

function stepFrom(tree: readonly number[], state: number, nibble: number): number {
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    const next = tree[state * 2 + ((nibble >> bit) & 1)] as number;
    if (next >= 0) state = next;
    else {
      const symbol = -1 - next;
      if (symbol === END_OF_STRING) return FAIL;
      // No code is shorter than five bits: four complete one symbol at most.
      emitted = EMIT | (symbol << OCTET_SHIFT);
      state = 0;
    }
  }
  return emitted | state;
}
