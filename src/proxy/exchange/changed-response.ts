// Answers of an upstream whose fields a route changes on their way.
import type { ResponseHead } from '../codec/head.ts';
import type { FieldChanges } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';

/** The lines of `head` with `changes`, without what ends at this hop. */
export function renderChangedFields(changes: FieldChanges, head: ResponseHead, dropTransferEncoding: boolean): string {
  const fields = FieldList.of(head, dropTransferEncoding ? 'transfer-encoding' : '');
  changes.apply(fields);
  return fields.render();
}
