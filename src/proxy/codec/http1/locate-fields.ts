// @hot
// First pass over the field lines: checks every byte, writes down where each name and value stands and what kind it is.
import { type Head, OFFSETS_PER_FIELD } from '../head.ts';
import { COLON, CR, HTAB, LF, SP } from './characters.ts';
import { kindOfName } from './field-kind.ts';
import {
  ERR_BARE_CR,
  ERR_EMPTY_LINE,
  ERR_FIELD_NAME,
  ERR_FIELD_VALUE,
  ERR_FIELD_WITHOUT_COLON,
  ERR_OBS_FOLD,
  ERR_SPACE_BEFORE_COLON,
  ERR_TOO_MANY_FIELDS,
} from './parse-error.ts';
import { errorAt, skipToken, skipValue } from './scan-bytes.ts';

/**
 * Locates the fields of a head of bytes `start` … `end` that ends in CRLF CRLF, the first field line at `at`. Fills `offsets`, `fieldCount`
 * and, with kinds of field-kind.ts, `hopByHop`. Returns a set of the kinds seen (bit `1 << kind`), or −(parse error).
 */
export function locateFields(bytes: Buffer, start: number, at: number, end: number, head: Head): number {
  const { offsets, hopByHop } = head;
  const last = end - 2;
  const first = at;
  let seen = 0;
  let field = 0;
  for (; at < last; field += 1) {
    const nameStart = at;
    at = skipToken(bytes, at);
    if (at === nameStart || bytes[at] !== COLON) return -nameError(bytes, nameStart, at);
    if (field === hopByHop.length) {
      if (field === head.maxFields) return -ERR_TOO_MANY_FIELDS;
      // From the beginning, as it is rare: this way the loop keeps to two arrays.
      head.grow();
      return locateFields(bytes, start, first, end, head);
    }
    const kind = kindOfName(bytes, nameStart, at);
    const slot = field * OFFSETS_PER_FIELD;
    offsets[slot] = nameStart - start;
    offsets[slot + 1] = at - start;
    at += 1;
    while (bytes[at] === SP || bytes[at] === HTAB) at += 1;
    const valueStart = at;
    at = skipValue(bytes, at);
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return -valueError(bytes, at);
    offsets[slot + 2] = valueStart - start;
    offsets[slot + 3] = valueEnd(bytes, valueStart, at) - start;
    hopByHop[field] = kind;
    seen |= 1 << kind;
    at += 2;
  }
  head.fieldCount = field;
  return seen;
}

/** `end` without the white space in front of it. */
function valueEnd(bytes: Buffer, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end -= 1;
  return end;
}

function nameError(bytes: Buffer, start: number, at: number): number {
  const byte = bytes[at];
  if (byte === SP || byte === HTAB) return at === start ? ERR_OBS_FOLD : ERR_SPACE_BEFORE_COLON;
  if (byte === CR && bytes[at + 1] === LF) return at === start ? ERR_EMPTY_LINE : ERR_FIELD_WITHOUT_COLON;
  return errorAt(bytes, at, ERR_FIELD_NAME);
}

function valueError(bytes: Buffer, at: number): number {
  return errorAt(bytes, at, bytes[at] === CR ? ERR_BARE_CR : ERR_FIELD_VALUE);
}
