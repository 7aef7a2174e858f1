// The beginning of HTTP, told from everything else by as few bytes as possible.

export type HttpVersion = 'http/1.0' | 'http/1.1' | 'h2c';

/** A client that speaks HTTP/2 with prior knowledge begins with this (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** No method that is registered is longer than 17 characters (RFC 9110 section 16.1). */
const MAX_METHOD_BYTES = 32;
/** A request line that is longer is refused by every server in use. */
const MAX_LINE_BYTES = 65_536;
const HTTP_1 = ' HTTP/1.';
const CR = 13;
const LF = 10;
const SPACE = 32;

/** `bytes`: all that has come so far. `null` = it is not HTTP; `incomplete` = it may become HTTP. */
export function readHttpStart(bytes: Buffer): HttpVersion | 'incomplete' | null {
  if (bytes.length >= PREFACE.length && bytes.compare(PREFACE, 0, PREFACE.length, 0, PREFACE.length) === 0)
    return 'h2c';
  const start = skipEmptyLine(bytes);
  if (start === bytes.length) return 'incomplete';
  if (!mayBeRequestLine(bytes, start)) return null;
  const end = bytes.indexOf(LF, start);
  if (end < 0) return bytes.length - start > MAX_LINE_BYTES ? null : 'incomplete';
  const line = bytes.toString('latin1', start, bytes[end - 1] === CR ? end - 1 : end);
  const version = line.length - 1;
  if (line.startsWith(HTTP_1, version - HTTP_1.length)) {
    if (line.charAt(version) === '1') return 'http/1.1';
    if (line.charAt(version) === '0') return 'http/1.0';
  }
  return isPrefaceBegun(bytes) ? 'incomplete' : null;
}

/** A server is lenient with one empty line before a request (RFC 9112 section 2.2). */
function skipEmptyLine(bytes: Buffer): number {
  if (bytes[0] === LF) return 1;
  if (bytes[0] !== CR) return 0;
  if (bytes.length === 1) return 1;
  return bytes[1] === LF ? 2 : 0;
}

/** A method, a space, and nothing below a space before the line's end. */
function mayBeRequestLine(bytes: Buffer, start: number): boolean {
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === SPACE) return at > start;
    if (at - start >= MAX_METHOD_BYTES || !isLetterOrSign(byte)) return false;
  }
  return true;
}

/** Methods are tokens; every one that is registered is made of capitals and "-". Lower case and "_" occur in the wild. */
function isLetterOrSign(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x5f;
}

/** `bytes` are a part of the preface of HTTP/2. */
export function isPrefaceBegun(bytes: Buffer): boolean {
  return bytes.length < PREFACE.length && bytes.compare(PREFACE, 0, bytes.length, 0, bytes.length) === 0;
}
