// Which texts of configuration may become part of a message on the wire.

/** Visible ASCII only: fit for a request target, an authority or a Location. */
export function isVisible(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}

/** Visible ASCII without `#`, which no target holds (RFC 9112 section 3.2). */
export function isTarget(text: string): boolean {
  return isVisible(text) && !text.includes('#');
}

/** No control character but tab (RFC 9110 section 5.5). */
export function isFieldValue(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

const TOKEN_MARKS = "!#$%&'*+-.^_`|~";

/** RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  for (const character of text) {
    const lower = character.toLowerCase();
    const isAlphanumeric = (lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9');
    if (lower.length !== 1 || (!isAlphanumeric && !TOKEN_MARKS.includes(character))) return false;
  }
  return text !== '';
}

/** Fit for the path or an attribute of a cookie (RFC 6265 section 4.1.1), without blanks. */
export function isCookieText(text: string): boolean {
  return isVisible(text) && !text.includes(';');
}
