// How large heads may be: bytes and fields of the model ↔ what HTTP options say of them.
import type { DecodeContext } from './decode-context.ts';

const KIB = 1_024;
/** What Envoy takes. */
const MAX_HEAD_KIB = 8_192;
/** Room for all of them is made for each connection. */
const MAX_FIELDS = 10_000;

export function encodeHeadBytes(bytes: number): number {
  return Math.ceil(bytes / KIB);
}

/** The limit as `name`, where there is one. */
export function decodeHeadBytes<Name extends string>(
  name: Name,
  kib: number | undefined,
  context: DecodeContext,
  path: string,
): { [Key in Name]?: number } {
  return decodeLimit(name, kib, MAX_HEAD_KIB, KIB, context, path);
}

/** As above. */
export function decodeFieldCount<Name extends string>(
  name: Name,
  count: number | undefined,
  context: DecodeContext,
  path: string,
): { [Key in Name]?: number } {
  return decodeLimit(name, count, MAX_FIELDS, 1, context, path);
}

function decodeLimit<Name extends string>(
  name: Name,
  value: number | undefined,
  most: number,
  factor: number,
  context: DecodeContext,
  path: string,
): { [Key in Name]?: number } {
  if (value === undefined) return {};
  if (value < 1 || value > most) context.refuse(path, `is ${value}`, `use 1 to ${most}`);
  return { [name]: value * factor } as { [Key in Name]?: number };
}
