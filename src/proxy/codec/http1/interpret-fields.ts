// @hot
// Second pass, over the few fields that mean something to the codec: how the body ends, what stays on this hop.
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, equalsIgnoringCase, type Head, OFFSETS_PER_FIELD } from '../head.ts';
import { HTAB, SP } from './characters.ts';
import { applyConnection } from './connection-options.ts';
import {
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_HOP,
  KIND_TE,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
} from './field-kind.ts';
import {
  ERR_CONTENT_LENGTH,
  ERR_CONTENT_LENGTH_REPEATED,
  ERR_LENGTH_AND_ENCODING,
  ERR_TRANSFER_ENCODING,
  ERR_TRANSFER_ENCODING_IN_1_0,
  ERR_TRANSFER_ENCODING_REPEATED,
  PARSE_OK,
} from './parse-error.ts';

/**
 * Acts on the fields that `locateFields` found (`seen` is its answer): sets `bodyKind`, `contentLength`, `keepAlive` and `upgrade`, and turns
 * the kinds in `hopByHop` into 0 and 1. `bodyKind` is BODY_NONE where neither length nor encoding is given. Returns PARSE_OK or a parse error.
 */
export function interpretFields(head: Head, seen: number): number {
  head.bodyKind = BODY_NONE;
  head.contentLength = 0;
  head.keepAlive = head.versionMinor === 1;
  head.upgrade = false;
  if (seen >> KIND_CONNECTION === 0) return PARSE_OK;
  const { hopByHop } = head;
  let firstConnection = -1;
  let lastConnection = -1;
  for (let field = 0; field < head.fieldCount; field += 1) {
    const kind = hopByHop[field] as number;
    if (kind <= KIND_HOP) continue;
    if (kind === KIND_CONNECTION) {
      if (firstConnection < 0) firstConnection = field;
      lastConnection = field;
    }
    hopByHop[field] = 0;
    const error = interpretField(head, field, kind);
    if (error !== PARSE_OK) return error;
  }
  if (firstConnection < 0) return PARSE_OK;
  return applyConnection(head, firstConnection, lastConnection, (seen & (1 << KIND_UPGRADE)) !== 0);
}

function interpretField(head: Head, field: number, kind: number): number {
  switch (kind) {
    case KIND_CONNECTION:
    case KIND_UPGRADE:
      head.hopByHop[field] = 1;
      return PARSE_OK;
    case KIND_TE:
      head.hopByHop[field] = valueIs(head, field, 'trailers') ? 0 : 1;
      return PARSE_OK;
    case KIND_CONTENT_LENGTH:
      return applyContentLength(head, field);
    case KIND_TRANSFER_ENCODING:
      return applyTransferEncoding(head, field);
    default:
      return PARSE_OK;
  }
}

/** The value of a field equals `lower`, without case. */
export function valueIs(head: Head, field: number, lower: string): boolean {
  const slot = field * OFFSETS_PER_FIELD;
  const start = head.offsets[slot + 2] as number;
  if ((head.offsets[slot + 3] as number) - start !== lower.length) return false;
  return equalsIgnoringCase(head.text, start, lower);
}

/** A tab beside the value: legal white space, but parsers disagree about it in fields that frame a body, so it is refused there. */
function hasTabAround(head: Head, field: number): boolean {
  const { text, offsets } = head;
  const slot = field * OFFSETS_PER_FIELD;
  const start = offsets[slot + 2] as number;
  for (let at = (offsets[slot + 1] as number) + 1; at < start; at += 1) {
    if (text.charCodeAt(at) === HTAB) return true;
  }
  let at = offsets[slot + 3] as number;
  while (text.charCodeAt(at) === SP) at += 1;
  return text.charCodeAt(at) === HTAB;
}

/** Source: RFC 9112 section 6.3, of whose choices the strict one is taken: any repetition is refused. */
function applyContentLength(head: Head, field: number): number {
  if (head.bodyKind === BODY_LENGTH) return ERR_CONTENT_LENGTH_REPEATED;
  if (head.bodyKind === BODY_CHUNKED) return ERR_LENGTH_AND_ENCODING;
  const slot = field * OFFSETS_PER_FIELD;
  const end = head.offsets[slot + 3] as number;
  let at = head.offsets[slot + 2] as number;
  if (at === end || hasTabAround(head, field)) return ERR_CONTENT_LENGTH;
  let length = 0;
  for (; at < end; at += 1) {
    const digit = head.text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return ERR_CONTENT_LENGTH;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return ERR_CONTENT_LENGTH;
  }
  head.bodyKind = BODY_LENGTH;
  head.contentLength = length;
  return PARSE_OK;
}

/** Source: RFC 9112 section 6.1. No other coding than chunked is ours to undo, and chunked must be the last. */
function applyTransferEncoding(head: Head, field: number): number {
  if (head.versionMinor === 0) return ERR_TRANSFER_ENCODING_IN_1_0;
  if (head.bodyKind === BODY_CHUNKED) return ERR_TRANSFER_ENCODING_REPEATED;
  if (head.bodyKind === BODY_LENGTH) return ERR_LENGTH_AND_ENCODING;
  if (!valueIs(head, field, 'chunked') || hasTabAround(head, field)) return ERR_TRANSFER_ENCODING;
  head.bodyKind = BODY_CHUNKED;
  return PARSE_OK;
}
