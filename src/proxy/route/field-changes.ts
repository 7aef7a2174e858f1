// Header changes of one direction, compiled: the edits of weighted cluster, route, virtual host and route configuration, one after the other.
import type { HeaderEditSpec, HeaderToAddSpec } from '../../model/header-changes-spec.ts';
import type { FieldList } from './field-list.ts';
import { toWire } from './text-matcher.ts';

/** What changes in the fields of one head. */
export interface FieldEdit {
  apply(fields: FieldList): void;
}

/** Both, one after the other; null = there is none. */
export function inTurn(first: FieldEdit, then: FieldEdit | null): FieldEdit {
  if (then === null) return first;
  return {
    apply(fields: FieldList): void {
      first.apply(fields);
      then.apply(fields);
    },
  };
}

export class FieldChanges implements FieldEdit {
  readonly #edits: readonly HeaderEditSpec[];

  private constructor(edits: readonly HeaderEditSpec[]) {
    this.#edits = edits;
  }

  /** In the order in which they happen. Null = nothing changes. */
  static compile(edits: readonly (HeaderEditSpec | undefined)[]): FieldChanges | null {
    const compiled = edits.filter((edit) => edit !== undefined).map(compileEdit);
    return compiled.length === 0 ? null : new FieldChanges(compiled);
  }

  apply(fields: FieldList): void {
    for (const edit of this.#edits) applyEdit(edit, fields);
  }
}

function compileEdit(edit: HeaderEditSpec): HeaderEditSpec {
  const add = edit.add.filter(({ value, keepEmpty }) => value !== '' || keepEmpty === true);
  return { remove: edit.remove, add: add.map((header) => ({ ...header, value: toWire(header.value) })) };
}

/**
 * Envoy's order: removals; then what is overwritten; then what is added. Whether a field is there is asked before either.
 * Source: Envoy's HeaderParser.
 */
function applyEdit(edit: HeaderEditSpec, fields: FieldList): void {
  for (const name of edit.remove) fields.remove(name);
  const due = edit.add.filter(({ name, action }) => isDue(action, fields.has(name)));
  for (const { name, value, action } of due) if (isOverwrite(action)) fields.overwrite(name, value);
  for (const { name, value, action } of due) if (!isOverwrite(action)) fields.append(name, value);
}

function isDue(action: HeaderToAddSpec['action'], exists: boolean): boolean {
  if (action === 'add-if-absent') return !exists;
  return action !== 'overwrite-if-exists' || exists;
}

function isOverwrite(action: HeaderToAddSpec['action']): boolean {
  return action === 'overwrite' || action === 'overwrite-if-exists';
}
