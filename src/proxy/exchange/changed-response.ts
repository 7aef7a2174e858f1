// Answers of an upstream whose fields a route changes on their way.
import type { ResponseHead } from '../codec/head.ts';
import { renderStatusLine } from '../codec/http1/write-head.ts';
import type { FieldChanges } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';

/** As renderResponseHead, with `changes`; `extra` is not subject to them, since it frames the message. */
export function renderChangedResponse(
  changes: FieldChanges,
  head: ResponseHead,
  extra: string,
  dropTransferEncoding: boolean,
): string {
  const fields = FieldList.of(head, dropTransferEncoding ? 'transfer-encoding' : '');
  changes.apply(fields);
  return `${renderStatusLine(head)}${fields.render()}${extra}\r\n`;
}
