// Hashes of plain data: equal content has one hash, whatever the order of its keys.
import { contentHash } from '../base/content-hash.ts';

/** 10 characters, fit for a label value; `undefined` members count as absent. */
export function stableHash(value: unknown): string {
  return contentHash(JSON.stringify(value, sortKeys) ?? '').slice(0, 10);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
