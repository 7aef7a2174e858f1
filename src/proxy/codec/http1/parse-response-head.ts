// @hot
// Bytes of one response head → ResponseHead, or the reason why they are not one (RFC 9112 sections 4 and 6.3).
import { BODY_NONE, BODY_UNTIL_CLOSE, type ResponseHead } from '../head.ts';
import { CR, LF, SP } from './characters.ts';
import { KIND_CONTENT_LENGTH, KIND_TRANSFER_ENCODING } from './field-kind.ts';
import { interpretFields } from './interpret-fields.ts';
import { locateFields } from './locate-fields.ts';
import {
  ERR_EMPTY_LINE,
  ERR_INCOMPLETE_HEAD,
  ERR_INTERIM_CLOSE,
  ERR_REASON,
  ERR_STATUS,
  ERR_STATUS_LINE,
  ERR_VERSION,
  PARSE_OK,
} from './parse-error.ts';
import { endsInEmptyLine, errorAt, skipValue } from './scan-bytes.ts';

const DOT = 0x2e;
const FRAMING = (1 << KIND_CONTENT_LENGTH) | (1 << KIND_TRANSFER_ENCODING);

/**
 * Reads the head in bytes `start` … `end` into `head` and keeps nothing of `bytes`. `requestMethod` decides the body (HEAD, CONNECT). Returns
 * PARSE_OK or a number of parse-error.ts.
 */
export function parseResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  head: ResponseHead,
  requestMethod: string,
): number {
  head.text = '';
  head.fieldCount = 0;
  head.status = 0;
  if (!endsInEmptyLine(bytes, start, end)) return ERR_INCOMPLETE_HEAD;
  head.text = bytes.toString('latin1', start, end);
  const error = parseStatusLine(bytes, start, head);
  if (error !== PARSE_OK) return error;
  const seen = locateFields(bytes, start, start + head.fieldsStart, end, head);
  if (seen < 0) return -seen;
  const fieldError = interpretFields(head, seen);
  if (fieldError !== PARSE_OK) return fieldError;
  frameBody(head, seen, requestMethod);
  return head.status < 200 && head.status !== 101 && !head.keepAlive ? ERR_INTERIM_CLOSE : PARSE_OK;
}

/** Sets version, status and `fieldsStart`. The head's closing CRLF halts every step. */
function parseStatusLine(bytes: Buffer, start: number, head: ResponseHead): number {
  const error = readVersion(bytes, start, head);
  if (error !== PARSE_OK) return error;
  const status = readStatus(bytes, start + 9);
  if (status < 0) return -status;
  let at = start + 12;
  // The space in front of an absent reason is often left out.
  if (bytes[at] === SP) at = skipValue(bytes, at + 1);
  else if (bytes[at] !== CR) return errorAt(bytes, at, ERR_STATUS_LINE);
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return errorAt(bytes, at, ERR_REASON);
  head.status = status;
  head.fieldsStart = at + 2 - start;
  return PARSE_OK;
}

function readVersion(bytes: Buffer, at: number, head: ResponseHead): number {
  const isHttp =
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f;
  if (!isHttp) return bytes[at] === CR && bytes[at + 1] === LF ? ERR_EMPTY_LINE : errorAt(bytes, at, ERR_STATUS_LINE);
  if (bytes[at + 5] !== 0x31 || bytes[at + 6] !== DOT) return ERR_VERSION;
  const minor = (bytes[at + 7] as number) - 0x30;
  if (minor !== 0 && minor !== 1) return ERR_VERSION;
  head.versionMinor = minor;
  return bytes[at + 8] === SP ? PARSE_OK : errorAt(bytes, at + 8, ERR_STATUS_LINE);
}

/** Three digits at `at`, 100–599, or −(parse error). */
function readStatus(bytes: Buffer, at: number): number {
  let status = 0;
  for (let i = 0; i < 3; i += 1) {
    const digit = (bytes[at + i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -ERR_STATUS;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : -ERR_STATUS;
}

/** Source: RFC 9112 section 6.3. `interpretFields` has set what the fields say. */
function frameBody(head: ResponseHead, seen: number, requestMethod: string): void {
  const { status } = head;
  const fieldsLie = status < 200 || status === 204 || (requestMethod === 'CONNECT' && status < 300);
  if (fieldsLie && (seen & FRAMING) !== 0) dropFraming(head);
  if (fieldsLie || status === 304 || requestMethod === 'HEAD') {
    head.bodyKind = BODY_NONE;
    head.contentLength = 0;
  } else if (head.bodyKind === BODY_NONE) {
    head.bodyKind = BODY_UNTIL_CLOSE;
    head.keepAlive = false;
  }
  head.upgrade = status === 101;
}

/** Such a response must not have them (RFC 9110 section 8.6, RFC 9112 section 6.1): some next hop would wait for a body. */
function dropFraming(head: ResponseHead): void {
  const length = head.find('content-length');
  if (length >= 0) head.hopByHop[length] = 1;
  const encoding = head.find('transfer-encoding');
  if (encoding >= 0) head.hopByHop[encoding] = 1;
}
