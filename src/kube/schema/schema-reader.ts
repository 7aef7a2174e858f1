// Reads a value as its schema says, reporting every problem as the API server would find it, with a remedy.
import { nearest } from '../../base/nearest.ts';
import { joinPath } from '../field-path.ts';
import { isMapping, type Report, show } from '../fields.ts';
import { checkRules, RuleBook } from './rules.ts';
import type { Schema } from './schema.ts';

/** Of a list or text that is too long, and of its parts, no more is said: its length is what has to be mended first. */
const NOTHING = undefined;

/**
 * As the API server of Kubernetes with strict field validation: unknown fields are problems, `null` is absent, defaults are filled in. Rules
 * are asked of every part that has the right form, whatever is wrong beside it: so all problems are told at once.
 */
export class SchemaReader<Value> {
  readonly #schema: Schema;
  readonly #rules = new RuleBook();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Null after having reported why. */
  read(value: unknown, path: string, report: Report): Value | null {
    const wrong: string[] = [];
    const noting: Report = (at, ...problem) => {
      wrong.push(at);
      report(at, ...problem);
    };
    const read = readValue(this.#schema, value, path, noting);
    const isSound = isUntouchedBy([...wrong]);
    checkRules(this.#schema, read, path, { book: this.#rules, isSound, report: noting });
    return wrong.length === 0 ? (read as Value) : null;
  }
}

/** Of a path: nothing is wrong there, nor anywhere in it. */
function isUntouchedBy(wrong: readonly string[]): (path: string) => boolean {
  return (path) =>
    !wrong.some((at) => at.startsWith(path) && (at.length === path.length || '.['.includes(at[path.length] ?? '')));
}

function readValue(schema: Schema, value: unknown, path: string, report: Report): unknown {
  switch (schema.type) {
    case 'object':
      return readObject(schema, value, path, report);
    case 'array':
      return readList(schema, value, path, report);
    case 'string':
      return readText(schema, value, path, report);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      report(path, `must be true or false, not ${show(value)}`, 'write true or false without quotes');
      return NOTHING;
    default:
      return readNumber(schema, value, path, report);
  }
}

function readObject(schema: Schema, value: unknown, path: string, report: Report): unknown {
  if (!isMapping(value)) {
    report(path, `must be a mapping, not ${show(value)}`, 'write "key: value" lines below it');
    return NOTHING;
  }
  const { properties = {}, required = [] } = schema;
  const read: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    const at = joinPath(path, key);
    if (given !== undefined && given !== null) read[key] = readValue(property, given, at, report);
    else if (property.default !== undefined) read[key] = property.default;
    else if (required.includes(key)) report(at, 'is missing', `add it${hintOf(property)}`);
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(properties, key)) reportUnknown(key, Object.keys(properties), path, report);
  }
  return read;
}

function reportUnknown(key: string, known: readonly string[], path: string, report: Report): void {
  const near = nearest(key, known);
  // YAML takes on, off, yes and no for true and false, also where they are keys.
  const why = key === 'true' || key === 'false' ? 'on, off, yes and no are true and false in YAML; ' : '';
  const list = `${why}the fields here are ${known.join(', ')}`;
  report(joinPath(path, key), 'is not a field that is known here', near === null ? list : `did you mean ${near}?`);
}

/** What a missing field may hold, where that is short. */
function hintOf({ enum: values, hint }: Schema): string {
  if (values !== undefined) return `, one of ${values.join(', ')}`;
  return hint === undefined ? '' : `: ${hint}`;
}

function readList(schema: Schema, value: unknown, path: string, report: Report): unknown {
  if (!Array.isArray(value)) {
    report(path, `must be a list, not ${show(value)}`, 'begin each item with "- "');
    return NOTHING;
  }
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems) report(path, 'is empty', 'add an item');
  if (value.length > maxItems) {
    report(path, `has ${value.length} items, and ${maxItems} are the most`, 'remove some');
    return NOTHING;
  }
  return items === undefined ? value : value.map((item, i) => readValue(items, item, joinPath(path, i), report));
}

function readText(schema: Schema, value: unknown, path: string, report: Report): unknown {
  const {
    enum: values,
    minLength = 0,
    maxLength = Number.POSITIVE_INFINITY,
    pattern,
    hint = 'write it otherwise',
  } = schema;
  if (typeof value !== 'string') report(path, `must be a text, not ${show(value)}`, textRemedy(schema, value));
  else if (values !== undefined && !values.includes(value)) reportChoice(schema, value, path, report);
  else if (value.length < minLength) report(path, 'is empty', 'write a text, or remove it');
  else if (value.length > maxLength) report(path, `is longer than ${maxLength} characters`, 'write a shorter one');
  else if (pattern !== undefined && !new RegExp(pattern).test(value)) report(path, `cannot be ${show(value)}`, hint);
  else return value;
  return NOTHING;
}

function textRemedy({ hint, enum: values }: Schema, value: unknown): string {
  if (hint !== undefined) return hint;
  const read = typeof value === 'boolean' ? 'on, off, yes and no are true and false in YAML; ' : '';
  if (values !== undefined) return `${read}write one of ${values.join(', ')}`;
  return typeof value === 'number' || typeof value === 'boolean' ? `put it in quotes: "${value}"` : 'write a text';
}

function reportChoice({ enum: values = [], hint }: Schema, value: string | number, path: string, report: Report): void {
  const near = typeof value === 'string' ? nearest(value, values.map(String)) : null;
  const remedy = near === null ? (hint ?? `write one of ${values.join(', ')}`) : `did you mean ${near}?`;
  report(path, `has the unknown value ${show(value)}`, remedy);
}

function readNumber(schema: Schema, value: unknown, path: string, report: Report): unknown {
  const { type, enum: values, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  const whole = type === 'integer' ? 'a whole number' : 'a number';
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) {
    const quoted = typeof value === 'string' && value !== '' && Number.isFinite(Number(value));
    report(path, `must be ${whole}, not ${show(value)}`, quoted ? 'remove the quotes' : `write ${whole}`);
  } else if (values !== undefined && !values.includes(value)) reportChoice(schema, value, path, report);
  else if (value < minimum || value > maximum) {
    report(path, `must be from ${minimum} to ${maximum}, not ${show(value)}`, `write ${whole} between them`);
  } else return value;
  return NOTHING;
}
