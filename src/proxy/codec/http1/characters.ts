// What each byte may be part of: one look-up per byte for tokens, field values, targets and hosts.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION_MARK = 0x3f;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;

/** Bits of CHARACTERS. */
/** tchar. Source: RFC 9110 section 5.6.2. */
export const TOKEN = 1;
/** Inside a field value: visible, space, tab, and 0x80–0xFF as opaque bytes. Source: RFC 9110 section 5.5. */
export const VALUE = 2;
/** Inside a request target: visible ASCII without `#`, as no form of it has a fragment. Source: RFC 9112 section 3.2. */
export const TARGET = 4;
/** Inside a reg-name or IPv4 address: unreserved, sub-delims, `%`. Source: RFC 3986 section 3.2.2. */
export const HOST = 8;
/** Inside the brackets of an IPv6 literal. */
export const IPV6 = 16;

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The sets above by byte. Written once, here. */
export const CHARACTERS: Uint8Array = tabulate();

/** Value of a hexadecimal digit by byte, 255 for every other byte. */
export const HEX_VALUE: Uint8Array = tabulateHex();

function tabulate(): Uint8Array {
  const table = new Uint8Array(256);
  mark(table, TOKEN, `!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`);
  mark(table, HOST, `-._~!$&'()*+,;=%${DIGITS}${LETTERS}`);
  mark(table, IPV6, `${DIGITS}abcdefABCDEF:.`);
  for (let byte = 0x21; byte <= 0x7e; byte += 1) {
    table[byte] = (table[byte] as number) | VALUE | (byte === 0x23 ? 0 : TARGET);
  }
  for (let byte = 0x80; byte <= 0xff; byte += 1) table[byte] = VALUE;
  mark(table, VALUE, ' \t');
  return table;
}

function mark(table: Uint8Array, bit: number, characters: string): void {
  for (let i = 0; i < characters.length; i += 1) {
    const byte = characters.charCodeAt(i);
    table[byte] = (table[byte] as number) | bit;
  }
}

function tabulateHex(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let digit = 0; digit < 16; digit += 1) {
    const text = digit.toString(16);
    table[text.charCodeAt(0)] = digit;
    table[text.toUpperCase().charCodeAt(0)] = digit;
  }
  return table;
}
