// @hot
// What one field of HTTP/2 means to the codec, found once where it is decoded and kept beside it in the table.
import { CHARACTERS, COLON, HTAB, SP, TOKEN, VALUE } from '../http1/characters.ts';
import { KIND_CONNECTION, KIND_HOP, KIND_TRANSFER_ENCODING, KIND_UPGRADE, kindOfName } from '../http1/field-kind.ts';

// Kinds up to 9 are those of http1/field-kind.ts.
export const KIND_COOKIE = 10;
/** It makes the message malformed: its bytes, its place, or a field of the connection (RFC 9113 sections 8.2, 8.2.1 and 8.2.2). */
export const KIND_MALFORMED = 11;
/** From here on pseudo-header fields. */
export const KIND_METHOD = 12;
export const KIND_SCHEME = 13;
export const KIND_AUTHORITY = 14;
export const KIND_PATH = 15;
export const KIND_STATUS = 16;
/** Extended CONNECT. Source: RFC 8441 section 4. */
export const KIND_PROTOCOL = 17;

/**
 * Kind of the field whose name is in bytes `start` … `nameEnd` and whose value is in `valueStart` … `end`. Names are lower-case tokens; values
 * have no control character, and no white space around them.
 */
export function kindOfField(bytes: Buffer, start: number, nameEnd: number, valueStart: number, end: number): number {
  if (!isValue(bytes, valueStart, end)) return KIND_MALFORMED;
  if (bytes[start] === COLON) return kindOfPseudoField(bytes.toString('latin1', start, nameEnd));
  if (!isLowerToken(bytes, start, nameEnd)) return KIND_MALFORMED;
  if (nameEnd - start === 6 && bytes.toString('latin1', start, nameEnd) === 'cookie') return KIND_COOKIE;
  const kind = kindOfName(bytes, start, nameEnd);
  if (kind === KIND_CONNECTION || kind === KIND_UPGRADE || kind === KIND_TRANSFER_ENCODING) return KIND_MALFORMED;
  return kind === KIND_HOP ? kindOfHopField(bytes.toString('latin1', start, nameEnd)) : kind;
}

/** Kind of a field whose name has been found to be of that kind. */
export function kindOfValue(bytes: Buffer, start: number, end: number, kindOfName: number): number {
  return isValue(bytes, start, end) ? kindOfName : KIND_MALFORMED;
}

function isValue(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    if (((CHARACTERS[bytes[at] as number] as number) & VALUE) === 0) return false;
  }
  return start === end || !(isSpace(bytes[start] as number) || isSpace(bytes[end - 1] as number));
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function isLowerToken(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (((CHARACTERS[byte] as number) & TOKEN) === 0 || (byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return end > start;
}

/** Those of the connection must not be there; the others only end here. */
function kindOfHopField(name: string): number {
  return name === 'keep-alive' || name === 'proxy-connection' ? KIND_MALFORMED : KIND_HOP;
}

function kindOfPseudoField(name: string): number {
  switch (name) {
    case ':method':
      return KIND_METHOD;
    case ':scheme':
      return KIND_SCHEME;
    case ':authority':
      return KIND_AUTHORITY;
    case ':path':
      return KIND_PATH;
    case ':status':
      return KIND_STATUS;
    case ':protocol':
      return KIND_PROTOCOL;
    default:
      return KIND_MALFORMED;
  }
}

export function isPseudo(kind: number): boolean {
  return kind >= KIND_METHOD;
}
