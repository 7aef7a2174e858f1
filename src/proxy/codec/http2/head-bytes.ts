// @hot
// Short runs of bytes that become heads: moved, written and read in loops, since a call out of JavaScript costs more than a hundred of them.

/** From here on the call is cheaper. Shown by `bench -- micro heads`. */
const MOST_IN_A_LOOP = 128;
/** Texts that are known: a power of two. */
const SLOTS = 128;
const MAX_KNOWN_LENGTH = 256;

/** Writes `text` (latin1) at `at` and answers the offset behind it. */
export function putText(bytes: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > MOST_IN_A_LOOP) return at + bytes.write(text, at, 'latin1');
  for (let index = 0; index < length; index += 1) bytes[at + index] = text.charCodeAt(index);
  return at + length;
}

/** Copies `length` bytes to a place that does not overlap. */
export function moveBytes(bytes: Buffer, to: number, from: number, length: number): void {
  if (length > MOST_IN_A_LOOP) bytes.copyWithin(to, from, from + length);
  else for (let index = 0; index < length; index += 1) bytes[to + index] = bytes[from + index] as number;
}

/** Bytes `start` … `end` say `text`. */
export function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Values that come again and again, as strings that are there already. */
export class KnownTexts {
  readonly #texts: string[] = [];

  take(bytes: Buffer, start: number, end: number): string {
    if (end - start > MAX_KNOWN_LENGTH) return bytes.toString('latin1', start, end);
    let hash = 0;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    while (this.#texts.length <= slot) this.#texts.push('');
    const known = this.#texts[slot] as string;
    if (isText(bytes, start, end, known)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#texts[slot] = text;
    return text;
  }
}
