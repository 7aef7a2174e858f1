// Whether what has come holds all that is waited for, in its order. Source: Envoy's PayloadMatcher.

/** `wanted`: hexadecimal digits each. */
export function holdsAll(bytes: Buffer, wanted: readonly string[]): boolean {
  let from = 0;
  for (const digits of wanted) {
    const part = Buffer.from(digits, 'hex');
    const at = bytes.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
