// @hot
// Steps over bytes that every parser here shares. None looks at a length: the caller knows that a CR stands ahead.
import { CHARACTERS, CR, LF, TOKEN, VALUE } from './characters.ts';
import { ERR_BARE_CR, ERR_BARE_LF, ERR_NUL } from './parse-error.ts';

/** Offset of the first byte from `at` on that is not part of a token. */
export function skipToken(bytes: Buffer, at: number): number {
  while (((CHARACTERS[bytes[at] as number] as number) & TOKEN) !== 0) at += 1;
  return at;
}

/** Offset of the first byte from `at` on that no field value has. */
export function skipValue(bytes: Buffer, at: number): number {
  while (((CHARACTERS[bytes[at] as number] as number) & VALUE) !== 0) at += 1;
  return at;
}

/** The bytes end in CRLF CRLF, so that every skip in them halts before `end`. */
export function endsInEmptyLine(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    end <= bytes.length &&
    bytes[end - 1] === LF &&
    bytes[end - 2] === CR &&
    bytes[end - 3] === LF &&
    bytes[end - 4] === CR
  );
}

/** Names the reason why the byte at `at` cannot stand there: the line break or NUL that it is, else `otherwise`. */
export function errorAt(bytes: Buffer, at: number, otherwise: number): number {
  const byte = bytes[at];
  if (byte === LF) return ERR_BARE_LF;
  if (byte === CR && bytes[at + 1] !== LF) return ERR_BARE_CR;
  if (byte === 0) return ERR_NUL;
  return otherwise;
}
