// Redirects and direct responses as they are sent.

import { reasonOf } from '../codec/status-reasons.ts';
import type { ConfiguredAnswer } from '../route/configured-answer.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';
import { grpcStatusOfHttp, type LocalReply, renderGrpcReply } from './grpc-reply.ts';

/** Statuses that have no body, and say nothing of its length (RFC 9110 section 8.6). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/**
 * `location`: '' = none. `edit`: what changes in its fields; null = nothing. `extra`: ready-made field lines. `grpc`: the content type of a call of
 * gRPC, which is told a status of its own; '' = it is none. The caller leaves the body out for HEAD.
 */
export function renderConfiguredReply(
  answer: ConfiguredAnswer,
  location: string,
  edit: FieldEdit | null,
  extra: string,
  grpc = '',
): LocalReply {
  const { status } = answer;
  const body = BODILESS.has(status) ? '' : answer.body;
  const list = new FieldList();
  if (grpc !== '') {
    if (location !== '') list.append('location', location);
    return renderGrpcReply(grpc, list, edit, grpcStatusOfHttp(status), body, extra);
  }
  if (body !== '') list.append('content-type', 'text/plain');
  if (location !== '') list.append('location', location);
  edit?.apply(list);
  const length = BODILESS.has(status) ? '' : `content-length: ${body.length}\r\n`;
  const head = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n${list.render()}${length}${extra}\r\n`;
  return { head, body };
}
