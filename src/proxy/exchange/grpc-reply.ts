// Answers that the sidecar makes itself, as callers of gRPC understand them: a head that is its own trailers.
import type { RequestHead } from '../codec/head.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';

export interface LocalReply {
  readonly head: string;
  /** Latin1-safe: one character a byte. */
  readonly body: string;
}

/** What a call of gRPC says that it is; '' = the request is none. Only HTTP/2 has gRPC. */
export function grpcContentType(request: RequestHead | null): string {
  const contentType = request?.versionMajor === 2 ? (request.get('content-type') ?? '') : '';
  return /^application\/grpc(?:$|[+;])/.test(contentType) ? contentType : '';
}

/**
 * `fields`: those of the answer so far. `changes`: what the route changes in answers. `message`: one character a byte. `extra`: ready-made field
 * lines. Source: gRPC over HTTP/2, Responses, Trailers-Only.
 */
export function renderGrpcReply(
  contentType: string,
  fields: FieldList,
  changes: FieldEdit | null,
  status: number,
  message: string,
  extra: string,
): LocalReply {
  fields.append('content-type', contentType);
  changes?.apply(fields);
  const ends = `grpc-status: ${status}\r\n${message === '' ? '' : `grpc-message: ${percentEncoded(message)}\r\n`}`;
  return { head: `HTTP/1.1 200 OK\r\n${fields.render()}${ends}${extra}\r\n`, body: '' };
}

/** Source: grpc/grpc doc/http-grpc-status-mapping. */
export function grpcStatusOfHttp(status: number): number {
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

/** Visible ASCII and spaces stay, but for the sign of the escape. Source: gRPC over HTTP/2, Percent-Encoded. */
function percentEncoded(message: string): string {
  let encoded = '';
  for (let at = 0; at < message.length; at += 1) {
    const code = message.charCodeAt(at);
    const stays = code >= 0x20 && code <= 0x7e && code !== 0x25;
    encoded += stays ? message[at] : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
