// Answers that the sidecar makes itself: one way from an error's row to what the caller reads.
import { describeError, ERRORS, type ErrorCode } from '../../model/errors.ts';
import { reasonOf } from '../codec/status-reasons.ts';
import type { FieldChanges } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';

export interface LocalReply {
  readonly head: string;
  /** Latin1-safe: one character a byte. */
  readonly body: string;
}

/**
 * `accept`: the caller's Accept field ('' = none), JSON where it asks for it, else plain text. `changes`: what the route changes in answers.
 * `extra`: ready-made field lines, which are not subject to that. The caller of this function leaves the body out for HEAD.
 */
export function renderLocalReply(
  code: ErrorCode,
  detail: string,
  accept: string,
  changes: FieldChanges | null,
  extra: string,
): LocalReply {
  const row = ERRORS[code];
  const sentence = describeError(code, toAscii(detail));
  const json = accept.includes('json');
  const body = json
    ? `${JSON.stringify({ error: code, flag: row.flag, status: row.status, message: sentence })}\n`
    : `${sentence}\n`;
  const fields = new FieldList();
  fields.append('content-type', json ? 'application/json' : 'text/plain; charset=utf-8');
  fields.append('x-switchboard-error', `${row.flag} ${code}`);
  changes?.apply(fields);
  const start = `HTTP/1.1 ${row.status} ${reasonOf(row.status)}\r\n`;
  return { head: `${start}${fields.render()}content-length: ${body.length}\r\n${extra}\r\n`, body };
}

/** Details may repeat what the caller sent: nothing of it may act as markup of a terminal or break the count of bytes. */
function toAscii(text: string): string {
  let safe = '';
  for (const character of text) safe += character >= ' ' && character <= '~' ? character : '?';
  return safe;
}
