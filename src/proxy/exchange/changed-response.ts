// Answers of an upstream whose fields a route changes on their way.
import type { ResponseHead } from '../codec/head.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';

/** The lines of `head` with `changes` and a cookie ('' = none), without what ends at this hop. */
export function renderChangedFields(
  changes: FieldEdit | null,
  cookie: string,
  head: ResponseHead,
  dropTransferEncoding: boolean,
): string {
  const fields = FieldList.of(head, dropTransferEncoding ? 'transfer-encoding' : '');
  changes?.apply(fields);
  if (cookie !== '') fields.append('set-cookie', cookie);
  return fields.render();
}
