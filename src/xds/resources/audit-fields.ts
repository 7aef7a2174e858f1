// Finds the fields of a message that the sidecar does not honour, by the table of field-support.ts.
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { type DecodeContext, joinPath } from './decode-context.ts';
import { FIELD_SUPPORT } from './field-support.ts';
import type { FieldSupport } from './support-row.ts';

/** A row of the table, made ready for many look-ups. */
interface Verdicts {
  readonly supported: ReadonlySet<string>;
  isRefused(field: string): boolean;
}

const VERDICTS: ReadonlyMap<string, Verdicts> = new Map(
  Object.entries(FIELD_SUPPORT).map(([typeName, support]) => [typeName, verdictsOf(support)]),
);

function verdictsOf(support: FieldSupport): Verdicts {
  const supported = new Set(support.supported);
  if (support.refused === 'every-other') return { supported, isRefused: () => true };
  const refused = new Set(support.refused);
  return { supported, isRefused: (field) => refused.has(field) };
}

/** Walks `message` (of `schema`) and reports what is not supported, each at its path below `path`. */
export function auditFields(schema: DescMessage, message: Message, context: DecodeContext, path: string): void {
  const verdicts = VERDICTS.get(schema.typeName);
  if (verdicts === undefined) return;
  for (const unknown of message.$unknown ?? []) report(verdicts, `#${unknown.no}`, context, path);
  for (const field of schema.fields) {
    const value = fieldValue(message, field);
    if (saysNothing(value)) continue;
    if (!verdicts.supported.has(field.name)) report(verdicts, field.name, context, path);
    else if (field.message !== undefined) auditChildren(field, field.message, value, context, path);
  }
}

function report(verdicts: Verdicts, field: string, context: DecodeContext, path: string): void {
  const at = joinPath(path, field);
  if (!verdicts.isRefused(field)) context.ignore(at);
  else context.refuse(at, 'is not supported, and without it the configuration would mean something else', 'remove it');
}

function auditChildren(
  field: DescField,
  schema: DescMessage,
  value: unknown,
  context: DecodeContext,
  path: string,
): void {
  if (field.fieldKind === 'map' || !VERDICTS.has(schema.typeName)) return;
  const at = joinPath(path, field.name);
  if (!Array.isArray(value)) auditFields(schema, value as Message, context, at);
  else for (const [index, item] of value.entries()) auditFields(schema, item as Message, context, `${at}[${index}]`);
}

/** A field's value as it lies in the message; undefined for a member of a oneof that was not chosen. */
function fieldValue(message: Message, field: DescField): unknown {
  const plain = message as unknown as Readonly<Record<string, unknown>>;
  if (field.oneof === undefined) return plain[field.localName];
  const choice = plain[field.oneof.localName] as { readonly case: string | undefined; readonly value?: unknown };
  return choice.case === field.localName ? choice.value : undefined;
}

/** Absent, or the value that stands for "no": a wrapped `false` or 0 counts as that too. */
function saysNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return value === undefined || value === '' || value === 0 || value === 0n || value === false;
  }
  if (Array.isArray(value)) return value.length === 0;
  if (ArrayBuffer.isView(value)) return value.byteLength === 0;
  return !('$typeName' in value) && Object.keys(value).length === 0;
}
