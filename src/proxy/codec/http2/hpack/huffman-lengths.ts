// Code lengths of HPACK's Huffman code; the code is canonical, so nothing else is needed to make it (RFC 7541 appendix B).

/** The longest code, bits. */
export const MAX_CODE_BITS = 30;
/** The end-of-string symbol, behind the 256 octets; it is never sent. */
export const END_OF_STRING = 256;

/** Bits by symbol, as `symbols × length` runs. */
const RUNS =
  '1×13 1×23 7×28 1×24 1×30 2×28 1×30 8×28 1×30 9×28 1×6 2×10 1×12 1×13 1×6 1×8 1×11 2×10 1×8 1×11 1×8 3×6 3×5 7×6 1×7 1×8 1×15 1×6 1×12 ' +
  '1×10 1×13 1×6 22×7 1×8 1×7 1×8 1×13 1×19 1×13 1×14 1×6 1×15 1×5 1×6 1×5 1×6 1×5 3×6 1×5 2×7 3×6 1×5 1×6 1×7 1×6 2×5 1×6 5×7 1×15 1×11 ' +
  '1×14 1×13 1×28 1×20 1×22 2×20 3×22 1×23 1×22 5×23 1×24 1×23 2×24 1×22 1×23 1×24 4×23 1×21 1×22 1×23 1×22 2×23 1×24 1×22 1×21 1×20 ' +
  '2×22 2×23 1×21 1×23 2×22 1×24 1×21 1×22 2×23 2×21 1×22 1×21 1×23 1×22 2×23 1×20 3×22 1×23 2×22 1×23 2×26 1×20 1×19 1×22 1×23 1×22 ' +
  '1×25 3×26 2×27 1×26 1×24 1×25 1×19 1×21 1×26 2×27 1×26 1×27 1×24 2×21 2×26 1×28 3×27 1×20 1×24 1×20 1×21 1×22 2×21 1×23 2×22 2×25 ' +
  '2×24 1×26 1×23 1×26 1×27 2×26 5×27 1×28 5×27 1×26 1×30';

/** Bits of each symbol's code, 257 of them. */
export const CODE_LENGTHS: Uint8Array = Uint8Array.from(
  RUNS.split(' ').flatMap((run) => {
    const [count, bits] = run.split('×').map(Number) as [number, number];
    return Array.from({ length: count }, () => bits);
  }),
);

/** Each symbol's code, aligned to the right. Of equal length, the lower symbol has the lower code. */
export const CODES: Uint32Array = assignCodes();

function assignCodes(): Uint32Array {
  const codes = new Uint32Array(CODE_LENGTHS.length);
  let code = 0;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits += 1) {
    for (let symbol = 0; symbol < codes.length; symbol += 1) {
      if (CODE_LENGTHS[symbol] !== bits) continue;
      codes[symbol] = code;
      code += 1;
    }
    code *= 2;
  }
  return codes;
}
