// @hot
// The part of a chunk-size line behind the digits: `;name`, `;name=value`, `;name="quoted value"` (RFC 9112 section 7.1.1), byte by byte.
import { BACKSLASH, CHARACTERS, EQUALS, QUOTE, SEMICOLON, TOKEN, VALUE } from './characters.ts';

// States. The line may end in those from EXTENSION_NAME on.
export const EXTENSION_INVALID = 0;
/** Behind `;`: a name must come. */
export const EXTENSION_START = 1;
const VALUE_START = 2;
const QUOTED = 3;
const QUOTED_PAIR = 4;
const EXTENSION_NAME = 5;
const TOKEN_VALUE = 6;
const QUOTED_END = 7;

/** A CR may follow in this state. */
export function mayEndExtension(state: number): boolean {
  return state >= EXTENSION_NAME;
}

/** The state behind `byte`; EXTENSION_INVALID where it cannot stand. White space is refused, though RFC 9112 lets a recipient bear it. */
export function nextExtensionState(state: number, byte: number): number {
  const isToken = ((CHARACTERS[byte] as number) & TOKEN) !== 0;
  switch (state) {
    case EXTENSION_START:
      return isToken ? EXTENSION_NAME : EXTENSION_INVALID;
    case EXTENSION_NAME:
      if (byte === EQUALS) return VALUE_START;
      return isToken ? EXTENSION_NAME : afterExtension(byte);
    case VALUE_START:
      if (byte === QUOTE) return QUOTED;
      return isToken ? TOKEN_VALUE : EXTENSION_INVALID;
    case TOKEN_VALUE:
      return isToken ? TOKEN_VALUE : afterExtension(byte);
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END;
      if (byte === BACKSLASH) return QUOTED_PAIR;
      return isQuotable(byte) ? QUOTED : EXTENSION_INVALID;
    case QUOTED_PAIR:
      return isQuotable(byte) ? QUOTED : EXTENSION_INVALID;
    case QUOTED_END:
      return afterExtension(byte);
    default:
      return EXTENSION_INVALID;
  }
}

function afterExtension(byte: number): number {
  return byte === SEMICOLON ? EXTENSION_START : EXTENSION_INVALID;
}

/** ASCII only: what 0x80–0xFF would mean there is nobody's to say. */
function isQuotable(byte: number): boolean {
  return byte < 0x80 && ((CHARACTERS[byte] as number) & VALUE) !== 0;
}
