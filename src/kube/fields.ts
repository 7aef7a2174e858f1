// Reads one mapping of a manifest field by field, keeping the path, so that every problem can name its place.
import { nearest } from '../base/nearest.ts';
import { joinPath } from './field-path.ts';
import type { NameRule } from './name-rule.ts';

/** Takes one problem: where, what is wrong, and what to do. */
export type Report = (path: string, message: string, remedy: string) => void;

/** The bounds are inclusive. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

export const PORT_RANGE: IntegerRange = { min: 1, max: 65_535 };
export const COUNT_RANGE: IntegerRange = { min: 0, max: 2_147_483_647 };

/**
 * An absent field and `null` are the same, as in Kubernetes. What has the wrong type or range is reported and read as
 * absent. Fields that nobody asks for are not looked at.
 */
export class Fields {
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #report: Report;

  constructor(values: Readonly<Record<string, unknown>>, path: string, report: Report) {
    this.#values = values;
    this.path = path;
    this.#report = report;
  }

  has(key: string): boolean {
    return this.#value(key) !== undefined;
  }

  /** As written. */
  get keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** For formats of our own, where a field that nobody knows is a typing error: reports each that is none of `keys`. */
  onlyKnown(keys: readonly string[]): void {
    for (const key of Object.keys(this.#values)) {
      if (keys.includes(key)) continue;
      const near = nearest(key, keys);
      this.report(
        key,
        'is not a known field',
        near === null ? `write one of ${keys.join(', ')}` : `did you mean ${near}?`,
      );
    }
  }

  /** Absent, '' or 0. */
  isBlank(key: string): boolean {
    const value = this.#value(key);
    return value === undefined || value === '' || value === 0;
  }

  isText(key: string): boolean {
    return typeof this.#value(key) === 'string';
  }

  text(key: string): string | undefined {
    return this.#text(this.#value(key), joinPath(this.path, key));
  }

  /** '' after having said that it is missing. */
  requiredText(key: string): string {
    const text = this.text(key);
    if (text !== undefined && text !== '') return text;
    if (text === '' || !this.has(key)) this.report(key, 'is missing', 'add it');
    return '';
  }

  textOr(key: string, fallback: string): string {
    return this.text(key) ?? fallback;
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.report(key, `must be true or false, not ${show(value)}`, 'write true or false without quotes');
    return undefined;
  }

  integer(key: string, range: IntegerRange): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (isIntegerIn(value, range)) return value;
    const remedy =
      typeof value === 'string' && isIntegerIn(Number(value), range)
        ? 'remove the quotes'
        : `write a whole number from ${range.min} to ${range.max}`;
    this.report(key, `must be a number from ${range.min} to ${range.max}, not ${show(value)}`, remedy);
    return undefined;
  }

  requiredInteger(key: string, range: IntegerRange): number {
    if (!this.has(key)) this.report(key, 'is missing', `add a number from ${range.min} to ${range.max}`);
    return this.integer(key, range) ?? range.min;
  }

  /** Undefined where the field is absent. Items that are none are reported and left out. */
  integers(key: string, range: IntegerRange): readonly number[] | undefined {
    if (!this.has(key)) return undefined;
    return this.#items(key).flatMap(([item, path]) => {
      if (isIntegerIn(item, range)) return [item];
      const message = `must be a number from ${range.min} to ${range.max}, not ${show(item)}`;
      this.#report(path, message, 'write a whole number without quotes');
      return [];
    });
  }

  /** A port as a number from 1 to 65535, or the name of a container's port. */
  portReference(key: string, rule: NameRule): number | string | undefined {
    const value = this.#value(key);
    if (typeof value !== 'string') return this.integer(key, PORT_RANGE);
    const remedy = isIntegerIn(Number(value), PORT_RANGE)
      ? 'remove the quotes: in quotes it is the name of a port'
      : 'write a port number or the name of a container port';
    if (!rule.accepts(value))
      this.report(key, `${show(value)} is not a port name: it must be ${rule.description}`, remedy);
    return value;
  }

  oneOf<const Value extends string>(key: string, values: readonly Value[]): Value | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const known = values.find((value) => value === text);
    if (known === undefined)
      this.report(key, `has the unknown value ${show(text)}`, `write one of ${values.join(', ')}`);
    return known;
  }

  map(key: string): Fields | undefined {
    const path = joinPath(this.path, key);
    return this.#map(this.#value(key), path);
  }

  requiredMap(key: string): Fields | undefined {
    if (!this.has(key)) this.report(key, 'is missing', 'add it');
    return this.map(key);
  }

  /** What `read` makes of a field that must be there; null where it is not, or is not right. */
  required<T>(key: string, read: (value: unknown, path: string, report: Report) => T | null): T | null {
    if (this.has(key)) return read(this.#value(key), joinPath(this.path, key), this.#report);
    this.report(key, 'is missing', 'add it');
    return null;
  }

  /** Items that are not mappings are reported and left out. */
  list<T>(key: string, read: (item: Fields) => T): readonly T[] {
    return this.#items(key).flatMap(([item, path]) => {
      const fields = this.#map(item, path, 'an item');
      return fields === undefined ? [] : [read(fields)];
    });
  }

  /** Undefined where the field is absent: for `command: []` and none at all differ. */
  texts(key: string): readonly string[] | undefined {
    if (!this.has(key)) return undefined;
    return this.#items(key).flatMap(([item, path]) => this.#text(item ?? '', path) ?? []);
  }

  /** Empty where the field is absent. A key with the value `null` has the value ''. */
  stringMap(key: string): Readonly<Record<string, string>> {
    const path = joinPath(this.path, key);
    const values = this.#value(key);
    if (values === undefined || !isMapping(values)) {
      this.#map(values, path);
      return {};
    }
    const entries = Object.entries(values);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, this.#text(value ?? '', joinPath(path, name)) ?? '']),
    );
  }

  checkName(key: string, name: string, rule: NameRule): void {
    if (!rule.accepts(name)) this.report(key, `${show(name)} is not a valid name`, `use ${rule.description}`);
  }

  report(key: string, message: string, remedy: string): void {
    this.#report(key === '' ? this.path : joinPath(this.path, key), message, remedy);
  }

  #value(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  #text(value: unknown, path: string): string | undefined {
    if (value === undefined || typeof value === 'string') return value;
    const plain = typeof value === 'number' || typeof value === 'boolean';
    const remedy = plain ? `put it in quotes: "${value}"` : 'write a text';
    this.#report(path, `must be a text, not ${show(value)}`, remedy);
    return undefined;
  }

  #map(value: unknown, path: string, what = 'it'): Fields | undefined {
    if (value === undefined) return undefined;
    if (isMapping(value)) return new Fields(value, path, this.#report);
    this.#report(path, `${what} must be a mapping, not ${show(value)}`, 'write "key: value" lines below it');
    return undefined;
  }

  #items(key: string): readonly (readonly [item: unknown, path: string])[] {
    const value = this.#value(key);
    if (value === undefined) return [];
    const path = joinPath(this.path, key);
    if (Array.isArray(value)) return value.map((item: unknown, index) => [item, joinPath(path, index)]);
    this.#report(path, `must be a list, not ${show(value)}`, 'begin each item with "- "');
    return [];
  }
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without the keys whose value is undefined, as exact optional properties want it. */
export function withoutUndefined<T extends object>(fields: T): WithoutUndefined<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as WithoutUndefined<T>;
}

export type WithoutUndefined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function isIntegerIn(value: unknown, range: IntegerRange): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max;
}

const MAX_SHOWN = 60;

/** A value as it stands in a message: short, and on one line. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
