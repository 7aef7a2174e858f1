// @hot
// Bytes of one request head → RequestHead, or the reason why they are not one (RFC 9112 sections 2 to 6).
import { BODY_LENGTH, BODY_NONE, OFFSETS_PER_FIELD, type RequestHead } from '../head.ts';
import { isAuthority } from './authority.ts';
import { CHARACTERS, CR, LF, SP, TARGET } from './characters.ts';
import { KIND_EXPECT, KIND_HOST, KIND_REQUEST_ID } from './field-kind.ts';
import { interpretFields, valueIs } from './interpret-fields.ts';
import { locateFields } from './locate-fields.ts';
import {
  ERR_CONNECT_BODY,
  ERR_EMPTY_LINE,
  ERR_EXPECT,
  ERR_HOST,
  ERR_HOST_MISSING,
  ERR_HOST_REPEATED,
  ERR_INCOMPLETE_HEAD,
  ERR_METHOD,
  ERR_REQUEST_LINE,
  ERR_TARGET_CHARACTER,
  ERR_TARGET_FRAGMENT,
  ERR_VERSION,
  PARSE_OK,
} from './parse-error.ts';
import { methodFrom } from './request-method.ts';
import { applyTarget } from './request-target.ts';
import { endsInEmptyLine, errorAt, skipToken } from './scan-bytes.ts';

const HASH = 0x23;
const REQUEST_KINDS = (1 << KIND_HOST) | (1 << KIND_EXPECT) | (1 << KIND_REQUEST_ID);

/**
 * Reads the head in bytes `start` … `end` (as HeadScanner found it; one empty line in front is skipped) into `head` and keeps nothing of
 * `bytes`. Returns PARSE_OK, or a number of parse-error.ts; then `head` holds only what
 * had been read: method, target and path where the request line is good.
 */
export function parseRequestHead(bytes: Buffer, start: number, end: number, head: RequestHead): number {
  clear(head);
  if (end - start > 2 && bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  if (!endsInEmptyLine(bytes, start, end)) return ERR_INCOMPLETE_HEAD;
  head.text = bytes.toString('latin1', start, end);
  const error = parseRequestLine(bytes, start, head);
  if (error !== PARSE_OK) return error;
  const seen = locateFields(bytes, start, start + head.fieldsStart, end, head);
  if (seen < 0) return -seen;
  return interpretRequest(head, seen);
}

function clear(head: RequestHead): void {
  head.text = '';
  head.fieldCount = 0;
  head.method = '';
  head.target = '';
  head.path = '';
  head.authority = '';
  head.absoluteForm = false;
  head.isConnect = false;
  head.expectContinue = false;
  head.hostField = -1;
  head.requestIdField = -1;
}

/** Sets method, target, version and `fieldsStart`. The head's closing CRLF halts every loop. */
function parseRequestLine(bytes: Buffer, start: number, head: RequestHead): number {
  const methodEnd = skipToken(bytes, start);
  if (methodEnd === start || bytes[methodEnd] !== SP) return methodError(bytes, start, methodEnd);
  const targetStart = methodEnd + 1;
  let at = targetStart;
  while (((CHARACTERS[bytes[at] as number] as number) & TARGET) !== 0) at += 1;
  if (at === targetStart || bytes[at] !== SP) return targetError(bytes, targetStart, at);
  const version = readVersion(bytes, at + 1);
  if (version < 0) return -version;
  head.versionMinor = version;
  head.fieldsStart = at + 11 - start;
  head.method = methodFrom(head.text, methodEnd - start);
  return applyTarget(head, targetStart - start, at - start);
}

/** Minor version of `HTTP/1.0` or `HTTP/1.1` and CRLF at `at`, or −(parse error). */
function readVersion(bytes: Buffer, at: number): number {
  const isHttp1 =
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e;
  if (!isHttp1) return bytes[at] === SP ? -ERR_REQUEST_LINE : -ERR_VERSION;
  const minor = (bytes[at + 7] as number) - 0x30;
  if (minor !== 0 && minor !== 1) return -ERR_VERSION;
  if (bytes[at + 8] !== CR || bytes[at + 9] !== LF) return -errorAt(bytes, at + 8, ERR_VERSION);
  return minor;
}

function methodError(bytes: Buffer, start: number, at: number): number {
  if (bytes[at] === CR && bytes[at + 1] === LF) return at === start ? ERR_EMPTY_LINE : ERR_REQUEST_LINE;
  return errorAt(bytes, at, ERR_METHOD);
}

function targetError(bytes: Buffer, start: number, at: number): number {
  if (bytes[at] === HASH) return ERR_TARGET_FRAGMENT;
  if (bytes[at] === CR && bytes[at + 1] === LF) return ERR_REQUEST_LINE;
  return errorAt(bytes, at, at === start && bytes[at] === SP ? ERR_REQUEST_LINE : ERR_TARGET_CHARACTER);
}

function interpretRequest(head: RequestHead, seen: number): number {
  if ((seen & REQUEST_KINDS) !== 0) {
    const error = interpretRequestFields(head);
    if (error !== PARSE_OK) return error;
  }
  if (head.hostField < 0 && head.versionMinor === 1) return ERR_HOST_MISSING;
  const error = interpretFields(head, seen);
  if (error !== PARSE_OK) return error;
  // Named in Connection it ends here, so there is none to pass on.
  if (head.requestIdField >= 0 && head.hopByHop[head.requestIdField] === 1) head.requestIdField = -1;
  return head.isConnect ? refuseBody(head) : PARSE_OK;
}

function interpretRequestFields(head: RequestHead): number {
  for (let field = 0; field < head.fieldCount; field += 1) {
    const kind = head.hopByHop[field];
    if (kind === KIND_HOST) {
      const error = applyHost(head, field);
      if (error !== PARSE_OK) return error;
    } else if (kind === KIND_EXPECT) {
      if (!valueIs(head, field, '100-continue')) return ERR_EXPECT;
      // RFC 9110 section 10.1.1: in HTTP/1.0 it is ignored.
      head.expectContinue = head.versionMinor === 1;
    } else if (kind === KIND_REQUEST_ID && head.requestIdField < 0) {
      head.requestIdField = field;
    }
  }
  return PARSE_OK;
}

function applyHost(head: RequestHead, field: number): number {
  if (head.hostField >= 0) return ERR_HOST_REPEATED;
  head.hostField = field;
  const slot = field * OFFSETS_PER_FIELD;
  const start = head.offsets[slot + 2] as number;
  const end = head.offsets[slot + 3] as number;
  if (!isAuthority(head.text, start, end, false)) return ERR_HOST;
  // An authority in the target goes before Host: RFC 9112 section 3.2.2.
  if (head.authority === '') head.authority = head.text.slice(start, end);
  return PARSE_OK;
}

/** CONNECT has no body (RFC 9110 section 9.3.6); a Content-Length of 0 says the same. */
function refuseBody(head: RequestHead): number {
  if (head.bodyKind === BODY_NONE) return PARSE_OK;
  if (head.bodyKind !== BODY_LENGTH || head.contentLength !== 0) return ERR_CONNECT_BODY;
  head.bodyKind = BODY_NONE;
  return PARSE_OK;
}
