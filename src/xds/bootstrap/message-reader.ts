// Located values → Protobuf messages by the JSON mapping, with every problem at once, each on its line.
import {
  create,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  mergeFromJson,
  type Registry,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { joinPath } from '../resources/decode-context.ts';
import { FIELD_SUPPORT } from '../resources/field-support.ts';
import { ANY, describeValue, isLeaf } from './field-kind.ts';
import type { LocatedMap, LocatedValue } from './located-value.ts';
import { UNDESCRIBED_FIELDS } from './undescribed-fields.ts';

const TYPE_KEY = '@type';
const MAX_SHOWN = 60;
const MAX_TYPE_SHOWN = 150;
/** So many names are listed where none is near. */
const MAX_NAMES = 12;
const NOT_SUPPORTED = 'is not supported, and without it the configuration would mean something else';

export class MessageReader {
  readonly #source: string;
  readonly #registry: Registry;
  readonly #issues: Issue[] = [];
  readonly #refusals: Issue[] = [];
  readonly #ignored: string[] = [];
  /** Where each path stands. */
  readonly #lines = new Map<string, number>();
  /** What the message in work stands in, the outermost first. */
  readonly #around: DescMessage[] = [];

  /** `registry`: the messages that may stand in an Any; others are kept by their type URL alone. `source` names the file in issues. */
  constructor(source: string, registry: Registry) {
    this.#source = source;
    this.#registry = registry;
  }

  /** What could not be read. */
  get issues(): readonly Issue[] {
    return this.#issues;
  }

  /** Fields of the public API that proto/ does not describe, and that must not be left out. */
  get refusals(): readonly Issue[] {
    return this.#refusals;
  }

  /** Paths of such fields that may be left out. */
  get ignored(): readonly string[] {
    return this.#ignored;
  }

  /** The line of `path`, or of the nearest part of it that is written out. */
  lineOf(path: string): number {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const line = this.#lines.get(at);
      if (line !== undefined) return line;
    }
    return this.#lines.get('') ?? 1;
  }

  /** Reads what it can; the message is of use only where no issue was found. */
  read(schema: DescMessage, value: LocatedValue, path: string): Message {
    const message = create(schema);
    this.#lines.set(path, value.line);
    if (value.kind === 'map') {
      this.#around.push(schema);
      this.#readFields(reflect(schema, message), value, path);
      this.#around.pop();
    } else if (value.kind === 'list' || value.value !== null) this.#refuse(path, value, 'a mapping');
    return message;
  }

  #readFields(target: ReflectMessage, map: LocatedMap, path: string): void {
    const chosen = new Map<string, string>();
    for (const { key, line, value } of map.entries) {
      const field = target.fields.find((candidate) => candidate.name === key || candidate.jsonName === key);
      const at = joinPath(path, field?.name ?? key);
      this.#lines.set(at, line);
      if (field === undefined) this.#undescribed(target.desc, key, at);
      else if (value.kind !== 'scalar' || value.value !== null) {
        this.#checkOneof(field, chosen, at);
        this.#readField(target, field, value, at);
      }
    }
  }

  #checkOneof(field: DescField, chosen: Map<string, string>, path: string): void {
    if (field.oneof === undefined) return;
    const other = chosen.get(field.oneof.name);
    chosen.set(field.oneof.name, field.name);
    if (other !== undefined) this.#issue(path, `stands beside ${other}`, 'keep one of the two');
  }

  #readField(target: ReflectMessage, field: DescField, value: LocatedValue, path: string): void {
    if (field.fieldKind === 'list') this.#readList(target, field, value, path);
    else if (field.fieldKind === 'map') this.#readMap(target, field, value, path);
    else if (isLeaf(field) || field.message === undefined) this.#readLeaf(target, field, toJson(value), value, path);
    else target.set(field, reflect(field.message, this.#readMessage(field.message, value, path)));
  }

  #readList(target: ReflectMessage, field: DescField & { fieldKind: 'list' }, list: LocatedValue, path: string): void {
    if (list.kind !== 'list') {
      this.#refuse(path, list, 'a list');
      return;
    }
    const members = target.get(field);
    for (const [index, item] of list.items.entries()) {
      const at = `${path}[${index}]`;
      this.#lines.set(at, item.line);
      if (field.listKind !== 'message' || isLeaf(field)) this.#readLeaf(target, field, [toJson(item)], item, at);
      else members.add(reflect(field.message, this.#readMessage(field.message, item, at)));
    }
  }

  #readMap(target: ReflectMessage, field: DescField & { fieldKind: 'map' }, map: LocatedValue, path: string): void {
    if (map.kind !== 'map') {
      this.#refuse(path, map, 'a mapping');
      return;
    }
    const members = target.get(field);
    for (const { key, line, value } of map.entries) {
      const at = `${path}["${key}"]`;
      this.#lines.set(at, line);
      if (field.mapKind !== 'message' || isLeaf(field))
        this.#readLeaf(target, field, { [key]: toJson(value) }, value, at);
      else members.set(key, reflect(field.message, this.#readMessage(field.message, value, at)));
    }
  }

  /** Protobuf's own mapping knows durations, wrappers, enums and ranges. */
  #readLeaf(target: ReflectMessage, field: DescField, json: JsonValue, value: LocatedValue, path: string): void {
    try {
      mergeFromJson(target.desc, target.message, { [field.name]: json }, { registry: this.#registry });
    } catch {
      this.#refuse(path, value, describeValue(field));
    }
  }

  #readMessage(schema: DescMessage, value: LocatedValue, path: string): Message {
    return schema.typeName === ANY ? this.#readAny(value, path) : this.read(schema, value, path);
  }

  #readAny(value: LocatedValue, path: string): Message {
    const any = create(AnySchema);
    this.#lines.set(path, value.line);
    if (value.kind !== 'map') {
      this.#refuse(path, value, `a mapping with "${TYPE_KEY}"`);
      return any;
    }
    const type = value.entries.find(({ key }) => key === TYPE_KEY)?.value;
    if (type?.kind !== 'scalar' || typeof type.value !== 'string' || !type.value.includes('/')) {
      this.#issue(path, `has no "${TYPE_KEY}"`, `begin it with "${TYPE_KEY}": type.googleapis.com/…`);
      return any;
    }
    any.typeUrl = type.value;
    const schema = this.#registry.getMessage(type.value.slice(type.value.lastIndexOf('/') + 1));
    if (schema === undefined) {
      this.#checkTypeName(type.value, `${path}.${TYPE_KEY}`, type.line);
      return any;
    }
    const rest = { ...value, entries: value.entries.filter(({ key }) => key !== TYPE_KEY) };
    return anyPack(schema, this.read(schema, rest, path));
  }

  /** A type that is not known is judged where it stands; one that looks like a known one is a mistake. */
  #checkTypeName(url: string, path: string, line: number): void {
    const names = [...this.#registry].flatMap(({ kind, typeName }) => (kind === 'message' ? [typeName] : []));
    const near = nearest(simpleName(url), names.map(simpleName));
    const meant = names.find((name) => simpleName(name) === near);
    if (meant === undefined) return;
    this.#lines.set(path, line);
    const shown = url.slice(url.lastIndexOf('/') + 1, url.lastIndexOf('/') + 1 + MAX_TYPE_SHOWN);
    this.#issue(path, `${shown} is not known`, `did you mean ${meant}?`);
  }

  /** A field of the API that this build knows nothing of is judged by its number; any other name is a mistake. */
  #undescribed(schema: DescMessage, key: string, path: string): void {
    const undescribed = UNDESCRIBED_FIELDS[schema.typeName] ?? {};
    const name = Object.keys(undescribed).find((candidate) => candidate === key || toJsonName(candidate) === key);
    if (name === undefined) {
      const remedy = this.#adviseOnName(schema, key, Object.keys(undescribed));
      this.#issue(path, `is no field of ${schema.typeName}`, remedy);
      return;
    }
    const refused = FIELD_SUPPORT[schema.typeName]?.refused ?? [];
    if (refused !== 'every-other' && !refused.includes(`#${undescribed[name]}`)) this.#ignored.push(path);
    else this.#refusals.push(this.#problem(path, NOT_SUPPORTED, 'remove it'));
  }

  /** A near name, or the same name one level up or down (wrong indentation), or the names that there are. */
  #adviseOnName(schema: DescMessage, key: string, undescribed: readonly string[]): string {
    const names = schema.fields.map(({ name }) => name);
    const near = nearest(key, [...names, ...undescribed]);
    if (near !== null) return `did you mean ${near}?`;
    const outer = this.#around.at(-2);
    if (outer !== undefined && hasField(outer, key)) return `indent it less: it is a field of ${outer.typeName}`;
    const inner = schema.fields.find(({ message }) => message !== undefined && hasField(message, key));
    if (inner !== undefined) return `indent it more: it is a field of ${inner.name}`;
    const rest = names.length > MAX_NAMES ? ' …' : '';
    return `remove it; there are ${names.slice(0, MAX_NAMES).join(', ')}${rest}`;
  }

  #refuse(path: string, value: LocatedValue, asked: string): void {
    this.#issue(path, `is ${show(value)}`, `give ${asked}`);
  }

  #issue(path: string, message: string, remedy: string): void {
    this.#issues.push(this.#problem(path, message, remedy));
  }

  #problem(path: string, message: string, remedy: string): Issue {
    return errorIssue(message, { source: this.#source, line: this.lineOf(path), path, remedy });
  }
}

function toJson(value: LocatedValue): JsonValue {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(toJson);
  const object: JsonObject = {};
  for (const entry of value.entries) object[entry.key] = toJson(entry.value);
  return object;
}

function show(value: LocatedValue): string {
  if (value.kind === 'map') return 'a mapping';
  if (value.kind === 'list') return 'a list';
  return typeof value.value === 'string' ? `"${value.value.slice(0, MAX_SHOWN)}"` : String(value.value);
}

function hasField({ fields }: DescMessage, key: string): boolean {
  return fields.some(({ name, jsonName }) => name === key || jsonName === key);
}

/** `type.googleapis.com/a.b.Name` and `a.b.Name` → `Name`. */
function simpleName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function toJsonName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `a.b[0]["x.y"].c` → `a.b[0]["x.y"]` → `a.b[0]` → `a.b` → `a` → ``. */
function parentOf(path: string): string {
  if (path.endsWith('"]')) return path.slice(0, path.lastIndexOf('["'));
  if (path.endsWith(']')) return path.slice(0, path.lastIndexOf('['));
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}
