// Checks a trailer section: fields like those of a head, without any that must be known before the body.
import { CHARACTERS, COLON, CR, LF, TOKEN, VALUE } from './characters.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_FIELD_NAME,
  ERR_FIELD_VALUE,
  ERR_FIELD_WITHOUT_COLON,
  ERR_NUL,
  ERR_OBS_FOLD,
  ERR_SPACE_BEFORE_COLON,
  ERR_TRAILER_FORBIDDEN,
  PARSE_OK,
} from './parse-error.ts';

/** Fields that frame, route or authenticate a message, or say how to read its content. Source: RFC 9110 section 6.5.1. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

/** `name`: lower case. */
export function isForbiddenTrailer(name: string): boolean {
  return FORBIDDEN.has(name);
}

/** `section`: whole lines `name: value\r\n`, latin1, without the empty line. Returns PARSE_OK or a parse error. */
export function checkTrailers(section: string): number {
  let at = 0;
  while (at < section.length) {
    const nameEnd = skip(section, at, TOKEN);
    if (nameEnd === at || section.charCodeAt(nameEnd) !== COLON) return nameError(section, at, nameEnd);
    if (FORBIDDEN.has(section.slice(at, nameEnd).toLowerCase())) return ERR_TRAILER_FORBIDDEN;
    at = skip(section, nameEnd + 1, VALUE);
    if (section.charCodeAt(at) !== CR || section.charCodeAt(at + 1) !== LF)
      return errorAt(section, at, ERR_FIELD_VALUE);
    at += 2;
  }
  return PARSE_OK;
}

function skip(text: string, at: number, bit: number): number {
  while (at < text.length && ((CHARACTERS[text.charCodeAt(at)] as number) & bit) !== 0) at += 1;
  return at;
}

function nameError(text: string, start: number, at: number): number {
  const character = text[at];
  if (character === ' ' || character === '\t') return at === start ? ERR_OBS_FOLD : ERR_SPACE_BEFORE_COLON;
  if (character === '\r' && text[at + 1] === '\n') return ERR_FIELD_WITHOUT_COLON;
  return errorAt(text, at, ERR_FIELD_NAME);
}

function errorAt(text: string, at: number, otherwise: number): number {
  const character = text[at];
  if (character === '\n') return ERR_BARE_LF;
  if (character === '\r') return ERR_BARE_CR;
  return character === '\0' ? ERR_NUL : otherwise;
}
