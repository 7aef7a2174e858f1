// Answers that the sidecar makes itself: one way from an error's row to what the caller reads.
import { describeError, ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { RequestHead } from '../codec/head.ts';
import { reasonOf } from '../codec/status-reasons.ts';
import type { AnswerChanges } from '../route/field-changes.ts';
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
  changes: AnswerChanges | null,
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

export interface ErrorReply extends LocalReply {
  readonly status: number;
}

/** What the row of `code` says, as whoever sent `request` understands it; null = nobody knows. The rest as above. */
export function renderErrorReply(
  code: ErrorCode,
  detail: string,
  request: RequestHead | null,
  changes: AnswerChanges | null,
  extra: string,
): ErrorReply {
  const contentType = request?.versionMajor === 2 ? (request.get('content-type') ?? '') : '';
  if (/^application\/grpc(?:$|[+;])/.test(contentType)) {
    return { status: 200, ...renderGrpcReply(code, detail, contentType, changes, extra) };
  }
  const accept = request?.get('accept') ?? '';
  return { status: ERRORS[code].status, ...renderLocalReply(code, detail, accept, changes, extra) };
}

/** gRPC's way to say it: a head that is its own trailers. Source: gRPC over HTTP/2, Responses, Trailers-Only. */
function renderGrpcReply(
  code: ErrorCode,
  detail: string,
  contentType: string,
  changes: AnswerChanges | null,
  extra: string,
): LocalReply {
  const row = ERRORS[code];
  const fields = new FieldList();
  fields.append('content-type', contentType);
  fields.append('x-switchboard-error', `${row.flag} ${code}`);
  changes?.apply(fields);
  // Percent signs are the escape of grpc-message; the rest is visible ASCII already.
  const message = describeError(code, toAscii(detail)).replaceAll('%', '%25');
  const status = `grpc-status: ${row.grpcStatus}\r\ngrpc-message: ${message}\r\n`;
  return { head: `HTTP/1.1 200 OK\r\n${fields.render()}${status}${extra}\r\n`, body: '' };
}

/** Details may repeat what the caller sent: nothing of it may act as markup of a terminal or break the count of bytes. */
function toAscii(text: string): string {
  let safe = '';
  for (const character of text) safe += character >= ' ' && character <= '~' ? character : '?';
  return safe;
}
