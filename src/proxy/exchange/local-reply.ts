// Answers that the sidecar makes itself: one way from an error's row to what the caller reads.
import { describeError, ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { RequestHead } from '../codec/head.ts';
import { reasonOf } from '../codec/status-reasons.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';

/** What an answer says instead of its row. */
export interface OtherStatus {
  /** 0 = as its row. */
  readonly status: number;
  /** −1 = as its row, or what is usual for `status`. */
  readonly grpcStatus: number;
}

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
  const contentType = request?.versionMajor === 2 ? (request.get('content-type') ?? '') : '';
  if (/^application\/grpc(?:$|[+;])/.test(contentType)) {
    return { status: 200, ...renderGrpcReply(code, detail, contentType, changes, extra, other) };
  }
  const accept = request?.get('accept') ?? '';
  const status = other?.status || ERRORS[code].status;
  return { status, ...renderLocalReply(code, detail, accept, changes, extra, other) };
}

/** gRPC's way to say it: a head that is its own trailers. Source: gRPC over HTTP/2, Responses, Trailers-Only. */
function renderGrpcReply(
  code: ErrorCode,
  detail: string,
  contentType: string,
  changes: FieldEdit | null,
  extra: string,
  other: OtherStatus | null,
): LocalReply {
  const row = ERRORS[code];
  const fields = new FieldList();
  fields.append('content-type', contentType);
  fields.append('x-switchboard-error', `${row.flag} ${code}`);
  changes?.apply(fields);
  // Percent signs are the escape of grpc-message; the rest is visible ASCII already.
  const message = describeError(code, toAscii(detail)).replaceAll('%', '%25');
  const status = `grpc-status: ${grpcStatusFor(code, other)}\r\ngrpc-message: ${message}\r\n`;
  return { head: `HTTP/1.1 200 OK\r\n${fields.render()}${status}${extra}\r\n`, body: '' };
}

function grpcStatusFor(code: ErrorCode, other: OtherStatus | null): number {
  if (other === null) return ERRORS[code].grpcStatus;
  if (other.grpcStatus >= 0) return other.grpcStatus;
  return other.status === 0 ? ERRORS[code].grpcStatus : grpcStatusOf(other.status);
}

/** Source: grpc/grpc doc/http-grpc-status-mapping. */
function grpcStatusOf(status: number): number {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** Details may repeat what the caller sent: nothing of it may act as markup of a terminal or break the count of bytes. */
function toAscii(text: string): string {
  let safe = '';
  for (const character of text) safe += character >= ' ' && character <= '~' ? character : '?';
  return safe;
}
