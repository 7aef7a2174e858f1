// The ClientHello of TLS: which server name a caller asks for and which protocols it offers, read without taking part in the handshake.

/** Source: RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3, RFC 7301 section 3.1. */
export interface ClientHello {
  /** Lower case; '' = it asks for none. */
  readonly serverName: string;
  /** ALPN, most wanted first, one character a byte. */
  readonly applicationProtocols: readonly string[];
}

/** More comes; or it is something else than TLS; or it began as a ClientHello and is none. */
export type HelloProblem = 'incomplete' | 'not-tls' | 'malformed';

/** A ClientHello that is longer is refused: browsers send less than 2 KiB, those with post-quantum keys less than 4. */
export const MAX_CLIENT_HELLO_BYTES = 65_536;

/** Whoever cuts it into more pieces wants work to be done for each of them again and again. */
const MAX_RECORDS = 256;

const RECORD_HEADER = 5;
const HANDSHAKE_RECORD = 22;
const MAX_RECORD_BYTES = 16_384;
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ALPN = 16;
const HOST_NAME = 0;
const RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;
const MAX_HOST_NAME_BYTES = 255;

/** `bytes`: all that has come so far. Unknown extensions (GREASE among them) are passed over; anything out of order is malformed. */
export function readClientHello(bytes: Buffer): ClientHello | HelloProblem {
  const message = joinRecords(bytes);
  return typeof message === 'string' ? message : parseMessage(message);
}

/** The handshake message, which may be spread over many records. */
function joinRecords(bytes: Buffer): Buffer | HelloProblem {
  const parts: Buffer[] = [];
  let have = 0;
  let wanted = MESSAGE_HEADER;
  for (let at = 0; ; ) {
    const problem = checkRecordHeader(bytes, at);
    if (problem !== null) return at === 0 || problem === 'incomplete' ? problem : 'malformed';
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    const part = bytes.subarray(at + RECORD_HEADER, Math.min(end, bytes.length));
    if (have === 0 && part.length > 0 && part[0] !== CLIENT_HELLO) return 'not-tls';
    parts.push(part);
    have += part.length;
    if (have >= MESSAGE_HEADER && wanted === MESSAGE_HEADER) {
      wanted = MESSAGE_HEADER + Buffer.concat(parts).readUIntBE(1, 3);
      if (wanted > MAX_CLIENT_HELLO_BYTES) return 'malformed';
    }
    if (have >= wanted && wanted > MESSAGE_HEADER) return Buffer.concat(parts).subarray(0, wanted);
    if (parts.length > MAX_RECORDS) return 'malformed';
    if (end > bytes.length) return 'incomplete';
    if (wanted === MESSAGE_HEADER && have >= MESSAGE_HEADER) return 'malformed';
    at = end;
  }
}

/** Null = a whole header of a handshake record. What cannot become one is told with its first byte. */
function checkRecordHeader(bytes: Buffer, at: number): HelloProblem | null {
  const have = bytes.length - at;
  if (have >= 1 && bytes[at] !== HANDSHAKE_RECORD) return 'not-tls';
  if (have >= 2 && bytes[at + 1] !== 3) return 'not-tls';
  if (have >= 3 && (bytes[at + 2] ?? 0) > 4) return 'not-tls';
  if (have < RECORD_HEADER) return 'incomplete';
  const length = bytes.readUInt16BE(at + 3);
  return length === 0 || length > MAX_RECORD_BYTES ? 'not-tls' : null;
}

function parseMessage(message: Buffer): ClientHello | 'malformed' {
  const reader = new VectorReader(message, MESSAGE_HEADER);
  reader.skip(2 + RANDOM_BYTES);
  const sessionId = reader.vector(1);
  const cipherSuites = reader.vector(2);
  const compression = reader.vector(1);
  // TLS 1.2 allows a ClientHello that ends here (RFC 5246 section 7.4.1.2).
  const extensions = reader.atEnd ? EMPTY : reader.vector(2);
  if (reader.failed || !reader.atEnd) return 'malformed';
  if (sessionId.length > MAX_SESSION_ID_BYTES || cipherSuites.length < 2 || cipherSuites.length % 2 !== 0) {
    return 'malformed';
  }
  return compression.length === 0 ? 'malformed' : parseExtensions(extensions);
}

function parseExtensions(bytes: Buffer): ClientHello | 'malformed' {
  const reader = new VectorReader(bytes, 0);
  const seen = new Set<number>();
  let serverName: string | null = '';
  let applicationProtocols: readonly string[] | null = [];
  while (!reader.atEnd && !reader.failed) {
    const type = reader.number(2);
    const value = reader.vector(2);
    if (reader.failed || seen.has(type)) return 'malformed';
    seen.add(type);
    if (type === EXTENSION_SERVER_NAME) serverName = parseServerName(value);
    else if (type === EXTENSION_ALPN) applicationProtocols = parseProtocols(value);
  }
  if (reader.failed || serverName === null || applicationProtocols === null) return 'malformed';
  return { serverName, applicationProtocols };
}

/** One host name is all that may be in the list (RFC 6066 section 3: no two of one type, and there is no other type). */
function parseServerName(value: Buffer): string | null {
  const outer = new VectorReader(value, 0);
  const list = new VectorReader(outer.vector(2), 0);
  const type = list.number(1);
  const name = list.vector(2);
  if (outer.failed || !outer.atEnd || list.failed || !list.atEnd) return null;
  if (type !== HOST_NAME || name.length === 0 || name.length > MAX_HOST_NAME_BYTES) return null;
  return isHostName(name) ? name.toString('latin1').toLowerCase() : null;
}

function isHostName(name: Buffer): boolean {
  for (const byte of name) {
    const letterOrDigit =
      (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
    // "-", "." and, in practice, "_".
    if (!letterOrDigit && byte !== 0x2d && byte !== 0x2e && byte !== 0x5f) return false;
  }
  return true;
}

function parseProtocols(value: Buffer): readonly string[] | null {
  const outer = new VectorReader(value, 0);
  const list = new VectorReader(outer.vector(2), 0);
  const names: string[] = [];
  while (!list.atEnd && !list.failed) {
    const name = list.vector(1);
    if (name.length === 0) return null;
    names.push(name.toString('latin1'));
  }
  return outer.failed || !outer.atEnd || list.failed || names.length === 0 ? null : names;
}

const EMPTY = Buffer.alloc(0);

/** Numbers and vectors with a length before them; what reaches beyond the end fails, and everything behind that is empty. */
class VectorReader {
  readonly #bytes: Buffer;
  #at: number;
  failed = false;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  skip(count: number): void {
    if (this.#at + count > this.#bytes.length) this.failed = true;
    else this.#at += count;
  }

  number(bytes: 1 | 2): number {
    const at = this.#at;
    this.skip(bytes);
    return this.failed ? 0 : this.#bytes.readUIntBE(at, bytes);
  }

  vector(lengthBytes: 1 | 2): Buffer {
    const length = this.number(lengthBytes);
    const at = this.#at;
    this.skip(length);
    return this.failed ? EMPTY : this.#bytes.subarray(at, at + length);
  }
}
