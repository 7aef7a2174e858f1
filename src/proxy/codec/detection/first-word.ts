// What a caller speaks whose Service has not declared it, told from as few of its first bytes as possible.
import { readClientHello } from './client-hello.ts';
import { isPrefaceBegun, readHttpStart } from './http-start.ts';

export interface FirstWord {
  readonly protocol: 'http1' | 'http2' | 'tls' | 'tcp';
  /** For people: `h2c`, `TLS for a.example`. */
  readonly detail: string;
}

const HTTP2: FirstWord = { protocol: 'http2', detail: 'h2c' };
const BYTES: FirstWord = { protocol: 'tcp', detail: 'bytes that are neither HTTP nor TLS' };
const TLS_HANDSHAKE = 22;

/** `null` = more bytes are needed. */
export function readFirstWord(bytes: Buffer): FirstWord | null {
  const http = readHttpStart(bytes);
  if (http === 'incomplete') return null;
  if (http === null) return isTls(bytes) ? tlsWord(bytes) : BYTES;
  return http === 'h2c' ? HTTP2 : { protocol: 'http1', detail: http };
}

/** As above, where nothing but HTTP/2 is of interest. */
export function readHttp2Word(bytes: Buffer): FirstWord | null {
  if (isPrefaceBegun(bytes)) return null;
  return readHttpStart(bytes) === 'h2c' ? HTTP2 : BYTES;
}

function isTls(bytes: Buffer): boolean {
  return bytes[0] === TLS_HANDSHAKE && bytes[1] === 3;
}

/** Nobody chooses by the name here: where it has not come whole it is not waited for. */
function tlsWord(bytes: Buffer): FirstWord {
  const hello = readClientHello(bytes);
  const name = typeof hello === 'string' ? '' : hello.serverName;
  return { protocol: 'tls', detail: name === '' ? 'TLS' : `TLS for ${name}` };
}
