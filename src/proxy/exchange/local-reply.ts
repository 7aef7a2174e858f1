// Answers that the sidecar makes itself: one way from an error's row to what the caller reads.
import { describeError, ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { RequestHead } from '../codec/head.ts';
import { reasonOf } from '../codec/status-reasons.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';
import { grpcContentType, grpcStatusOfHttp, type LocalReply, renderGrpcReply } from './grpc-reply.ts';

/** What an answer says instead of its row. */
export interface OtherStatus {
  /** 0 = as its row. */
  readonly status: number;
  /** −1 = as its row, or what is usual for `status`. */
  readonly grpcStatus: number;
}

/**
 * `accept`: the caller's Accept field ('' = none), JSON where it asks for it, else plain text. `changes`: what the route changes in answers.
 * `extra`: ready-made field lines, which are not subject to that. The caller of this function leaves the body out for HEAD.
 */
export function renderLocalReply(
  code: ErrorCode,
  detail: string,
  accept: string,
  changes: FieldEdit | null,
  extra: string,
  other: OtherStatus | null = null,
): LocalReply {
  const row = ERRORS[code];
  const status = other?.status || row.status;
  const sentence = describeError(code, toAscii(detail));
  const json = accept.includes('json');
  const body = json
    ? `${JSON.stringify({ error: code, flag: row.flag, status, message: sentence })}\n`
    : `${sentence}\n`;
  const fields = new FieldList();
  fields.append('content-type', json ? 'application/json' : 'text/plain; charset=utf-8');
  fields.append('x-switchboard-error', `${row.flag} ${code}`);
  changes?.apply(fields);
  const start = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
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
  changes: FieldEdit | null,
  extra: string,
  other: OtherStatus | null = null,
): ErrorReply {
  const contentType = grpcContentType(request);
  if (contentType !== '') return { status: 200, ...renderGrpcError(code, detail, contentType, changes, extra, other) };
  const accept = request?.get('accept') ?? '';
  const status = other?.status || ERRORS[code].status;
  return { status, ...renderLocalReply(code, detail, accept, changes, extra, other) };
}

/** gRPC's way to say it. */
function renderGrpcError(
  code: ErrorCode,
  detail: string,
  contentType: string,
  changes: FieldEdit | null,
  extra: string,
  other: OtherStatus | null,
): LocalReply {
  const fields = new FieldList();
  fields.append('x-switchboard-error', `${ERRORS[code].flag} ${code}`);
  const message = describeError(code, toAscii(detail));
  return renderGrpcReply(contentType, fields, changes, grpcStatusFor(code, other), message, extra);
}

function grpcStatusFor(code: ErrorCode, other: OtherStatus | null): number {
  if (other === null) return ERRORS[code].grpcStatus;
  if (other.grpcStatus >= 0) return other.grpcStatus;
  return other.status === 0 ? ERRORS[code].grpcStatus : grpcStatusOfHttp(other.status);
}

/** Details may repeat what the caller sent: nothing of it may act as markup of a terminal or break the count of bytes. */
function toAscii(text: string): string {
  let safe = '';
  for (const character of text) safe += character >= ' ' && character <= '~' ? character : '?';
  return safe;
}
