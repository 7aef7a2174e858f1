// Structural schemas: one text from which types, the CRD and the checks of manifests are made.
import { type Static, type TSchema, Type } from 'typebox';
import { DURATION_PATTERN } from '../duration.ts';

/** The part of OpenAPI that CustomResourceDefinitions may use, as far as we use it. */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  /** Ours, and not in the CRD: what to write instead of what `pattern` or `enum` refuse. */
  readonly hint?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Filled in where the field is absent, by the API server and by us. */
  readonly default?: string | number | boolean;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** A condition in CEL over `self`, asked where the value has the right form. Source: apiextensions.k8s.io/v1.ValidationRule. */
export interface Rule {
  readonly rule: string;
  /** What is wrong, and after a semicolon what to do. */
  readonly message: string;
}

export type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T;

/** The type of what a schema accepts, with its defaults filled in. */
export type Of<S extends TSchema> = ReadonlyDeep<Static<S>>;

export function rules(...list: readonly Rule[]): { 'x-kubernetes-validations': readonly Rule[] } {
  return { 'x-kubernetes-validations': list };
}

export function oneOf<Values extends string[]>(values: readonly [...Values], description: string) {
  return Type.Enum(values, { type: 'string', description });
}

export interface DurationRange {
  readonly min: string;
  readonly max: string;
}

/** Timers hold no more than 24 days; nothing that a policy says of takes longer than a day. */
const LONGEST = '24h';

/** A text such as `30s`; the bounds are inclusive. */
export function duration(description: string, { min = '1ms', max = LONGEST }: Partial<DurationRange> = {}) {
  const message = `must be from ${min} to ${max}; write a duration between them`;
  return Type.String({
    description,
    pattern: DURATION_PATTERN,
    // Four parts of a number and a unit.
    maxLength: 28,
    hint: `write a duration such as 30s, 1m30s or 250ms, at most ${max}`,
    ...rules({ rule: `duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`, message }),
  });
}

export function integer(description: string, minimum: number, maximum: number) {
  return Type.Integer({ description, minimum, maximum });
}

export function decimal(description: string, minimum: number, maximum: number) {
  return Type.Number({ description, minimum, maximum });
}

/** Whole percents. */
export function percent(description: string) {
  return Type.Integer({ description, minimum: 0, maximum: 100 });
}

export function flag(description: string) {
  return Type.Boolean({ description });
}
