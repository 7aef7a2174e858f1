// Reads JSON of programs that may be older, newer or other than ours: what is missing or of another type is empty.

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

/** A path of fields, e.g. `fieldAt(host, 'address', 'socket_address', 'port_value')`. */
export function fieldAt(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce(fieldOf, value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Numbers, and numbers written as text (64-bit ones in the JSON form of protobuf); else 0. */
export function numberOf(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}
