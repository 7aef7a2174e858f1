// Durations as Gateway API writes them.

/** Source: Gateway API GEP-2257. */
export const DURATION_PATTERN = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const FORM = new RegExp(DURATION_PATTERN);
const PART = /([0-9]{1,5})(h|ms|m|s)/g;

/** `1h30m`, `500ms`, `0s` → ms; null for what is no duration. Source: Gateway API GEP-2257. */
export function parseDuration(text: string): number | null {
  if (!FORM.test(text)) return null;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PART)) total += Number(digits) * UNITS_MS[unit as keyof typeof UNITS_MS];
  return total;
}
