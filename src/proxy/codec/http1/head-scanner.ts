// @hot
// Finds where a head ends while its bytes arrive, each byte looked at once however they are cut.
import { CHARACTERS, CR, LF, VALUE } from './characters.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CONTROL_CHARACTER,
  ERR_EMPTY_LINE,
  ERR_HEAD_TOO_LARGE,
  ERR_NUL,
  PARSE_OK,
} from './parse-error.ts';

export const HEAD_INCOMPLETE = -1;
export const HEAD_INVALID = -2;

/** One per direction of a connection; it remembers how far it has looked into a head that has not ended yet. */
export class HeadScanner {
  /** Where the head found last begins: `from`, or behind the empty line in front of it. */
  start = 0;
  /** Why the last `scan` answered HEAD_INVALID: a number of parse-error.ts. */
  error = PARSE_OK;
  readonly #maxHeadBytes: number;
  /** Bytes of the unfinished head that are known not to end it. */
  #scanned = 0;

  constructor(maxHeadBytes: number) {
    this.#maxHeadBytes = maxHeadBytes;
  }

  /**
   * Looks for the end of the head that begins at `from` in `buffer`. Returns the offset behind CRLF CRLF; HEAD_INCOMPLETE when more must come:
   * the next call gets the same bytes with more behind them, in whatever buffer; HEAD_INVALID (`error` tells why) when nothing that may come
   * makes it a head. One empty line in front is tolerated (RFC 9112 section 2.2) and counts as a part of the head.
   */
  scan(buffer: Buffer, from: number): number {
    const limit = Math.min(buffer.length, from + this.#maxHeadBytes);
    const fresh = Math.min(from + this.#scanned, limit);
    this.#scanned = 0;
    const end = endOfHead(buffer, Math.max(from, fresh - 3), limit);
    if (end === from + 4) return this.#refuse(ERR_EMPTY_LINE);
    if (end >= 0) {
      this.start = buffer[from] === CR && buffer[from + 1] === LF ? from + 2 : from;
      return end;
    }
    const error = errorIn(buffer, from, fresh, limit);
    if (error !== PARSE_OK) return this.#refuse(error);
    if (limit - from === this.#maxHeadBytes) return this.#refuse(ERR_HEAD_TOO_LARGE);
    this.#scanned = limit - from;
    return HEAD_INCOMPLETE;
  }

  #refuse(error: number): number {
    this.error = error;
    return HEAD_INVALID;
  }
}

/** Offset behind the first CRLF CRLF that lies within `from` … `limit`, or −1. Looks at every fourth byte only, until it meets a line end. */
function endOfHead(buffer: Buffer, from: number, limit: number): number {
  let at = from + 3;
  while (at < limit) {
    const byte = buffer[at] as number;
    if (byte > CR) at += 4;
    else if (byte === LF) {
      if (buffer[at - 1] === CR && buffer[at - 2] === LF && buffer[at - 3] === CR) return at + 1;
      at += 2;
    } else at += byte === CR ? 1 : 4;
  }
  return -1;
}

/**
 * The first thing among bytes `from` … `limit` that no head has; the head begins at `start`, and what stands before it is another message's.
 * A CR at the very end may still get its LF.
 */
function errorIn(buffer: Buffer, start: number, from: number, limit: number): number {
  for (let at = from; at < limit; at += 1) {
    const byte = buffer[at] as number;
    const behindCr = at > start && buffer[at - 1] === CR;
    if (behindCr !== (byte === LF)) return behindCr ? ERR_BARE_CR : ERR_BARE_LF;
    if (((CHARACTERS[byte] as number) & VALUE) === 0 && byte !== CR && byte !== LF) {
      return byte === 0 ? ERR_NUL : ERR_CONTROL_CHARACTER;
    }
  }
  return PARSE_OK;
}
