// @hot
// host[:port] as Host, absolute targets and CONNECT carry it (RFC 3986 section 3.2 without user information).
import { isIPv6 } from 'node:net';
import { CHARACTERS, CLOSE_BRACKET, COLON, HEX_VALUE, HOST, IPV6, OPEN_BRACKET } from './characters.ts';

const PERCENT = 0x25;

/**
 * Characters `start` … `end` of `text` are a host with an optional port, or with one where `portNeeded`. The host is a name, an IPv4 address or
 * an IPv6 literal without zone, and not empty; a port is 1–65535, and not empty where its colon stands.
 */
export function isAuthority(text: string, start: number, end: number, portNeeded: boolean): boolean {
  const bracketed = text.charCodeAt(start) === OPEN_BRACKET;
  const hostEnd = bracketed ? endOfIpLiteral(text, start, end) : endOfName(text, start, end);
  if (hostEnd <= start) return false;
  if (hostEnd === end) return !portNeeded;
  return text.charCodeAt(hostEnd) === COLON && isPort(text, hostEnd + 1, end);
}

/** Offset behind the name, or −1 where a `%` is not followed by two hexadecimal digits. */
function endOfName(text: string, start: number, end: number): number {
  let at = start;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (((CHARACTERS[code] as number) & HOST) === 0) break;
    if (code === PERCENT && !(at + 2 < end && isHex(text, at + 1) && isHex(text, at + 2))) return -1;
  }
  return at;
}

function isHex(text: string, at: number): boolean {
  return HEX_VALUE[text.charCodeAt(at)] !== 255;
}

/** Offset behind the closing bracket, or −1. */
function endOfIpLiteral(text: string, start: number, end: number): number {
  let at = start + 1;
  while (at < end && ((CHARACTERS[text.charCodeAt(at)] as number) & IPV6) !== 0) at += 1;
  if (at >= end || text.charCodeAt(at) !== CLOSE_BRACKET) return -1;
  return isIPv6(text.slice(start + 1, at)) ? at + 1 : -1;
}

function isPort(text: string, start: number, end: number): boolean {
  if (start === end || end - start > 5) return false;
  let port = 0;
  for (let at = start; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port >= 1 && port <= 65_535;
}
