// @hot
// The Connection field: close, keep-alive, upgrade, and the names of fields that end at this hop (RFC 9110 section 7.6.1).
import { equalsIgnoringCase, type Head, OFFSETS_PER_FIELD } from '../head.ts';
import { CHARACTERS, COMMA, HTAB, SP, TOKEN } from './characters.ts';
import { ERR_CONNECTION_NAMES_FIELD, ERR_CONNECTION_OPTION, ERR_CONNECTION_TOO_LONG, PARSE_OK } from './parse-error.ts';

/** List elements of all Connection fields of a head together, empty ones too: each costs a walk over the fields. */
const MAX_OPTIONS = 32;

/** What `readList` answers: the number of elements in the low bits, and what they asked for. */
const COUNT = 0xff;
const CLOSE = 0x100;
const KEEP_ALIVE = 0x200;
const UPGRADE = 0x400;

/**
 * Acts on the Connection fields, which stand from field `first` to field `last`: sets `keepAlive` and `upgrade`, flags the fields named. Returns
 * PARSE_OK or a parse error.
 */
export function applyConnection(head: Head, first: number, last: number, hasUpgradeField: boolean): number {
  let options = readList(head, first, 0);
  for (let field = first; field < last && options >= 0; ) {
    field = head.find('connection', field + 1);
    options = readList(head, field, options);
  }
  if (options < 0) return -options;
  if (head.versionMinor === 0) head.keepAlive = (options & KEEP_ALIVE) !== 0;
  if ((options & CLOSE) !== 0) head.keepAlive = false;
  // RFC 9110 section 7.8: an Upgrade in HTTP/1.0 is ignored.
  head.upgrade = hasUpgradeField && head.versionMinor === 1 && (options & UPGRADE) !== 0;
  return PARSE_OK;
}

/** Adds one field's list to `options`, or answers −(parse error). */
function readList(head: Head, field: number, options: number): number {
  const { text, offsets } = head;
  const slot = field * OFFSETS_PER_FIELD;
  const end = offsets[slot + 3] as number;
  let at = offsets[slot + 2] as number;
  while (at <= end) {
    if ((options & COUNT) === MAX_OPTIONS) return -ERR_CONNECTION_TOO_LONG;
    at = skipSpace(text, at, end);
    const start = at;
    while (at < end && ((CHARACTERS[text.charCodeAt(at)] as number) & TOKEN) !== 0) at += 1;
    if (at > start) {
      const meaning = readOption(head, start, at);
      if (meaning < 0) return meaning;
      options |= meaning;
    }
    at = skipSpace(text, at, end);
    if (at < end && text.charCodeAt(at) !== COMMA) return -ERR_CONNECTION_OPTION;
    at += 1;
    options += 1;
  }
  return options;
}

function skipSpace(text: string, at: number, end: number): number {
  while (at < end && (text.charCodeAt(at) === SP || text.charCodeAt(at) === HTAB)) at += 1;
  return at;
}

function readOption(head: Head, start: number, end: number): number {
  const { text } = head;
  switch (end - start) {
    case 4:
      if (equalsIgnoringCase(text, start, 'host')) return -ERR_CONNECTION_NAMES_FIELD;
      break;
    case 5:
      if (equalsIgnoringCase(text, start, 'close')) return CLOSE;
      break;
    case 6:
      if (equalsIgnoringCase(text, start, 'expect')) return -ERR_CONNECTION_NAMES_FIELD;
      break;
    case 7:
      if (equalsIgnoringCase(text, start, 'upgrade')) return UPGRADE;
      break;
    case 10:
      if (equalsIgnoringCase(text, start, 'keep-alive')) return KEEP_ALIVE;
      if (equalsIgnoringCase(text, start, 'connection')) return -ERR_CONNECTION_NAMES_FIELD;
      break;
    case 14:
      if (equalsIgnoringCase(text, start, 'content-length')) return -ERR_CONNECTION_NAMES_FIELD;
      break;
    case 17:
      if (equalsIgnoringCase(text, start, 'transfer-encoding')) return -ERR_CONNECTION_NAMES_FIELD;
      break;
  }
  flagNamed(head, start, end);
  return 0;
}

function flagNamed(head: Head, start: number, end: number): void {
  const { text, offsets } = head;
  for (let field = 0; field < head.fieldCount; field += 1) {
    const slot = field * OFFSETS_PER_FIELD;
    const nameStart = offsets[slot] as number;
    if ((offsets[slot + 1] as number) - nameStart !== end - start) continue;
    if (sameName(text, nameStart, start, end - start)) head.hopByHop[field] = 1;
  }
}

/** Two tokens of one text, compared without case. */
function sameName(text: string, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) {
    if (lower(text.charCodeAt(a + i)) !== lower(text.charCodeAt(b + i))) return false;
  }
  return true;
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}
