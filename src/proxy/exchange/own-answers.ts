// @hot
// Answers that are made here: what an error's row or a route says, and what they say of their connection.
import type { ErrorCode } from '../../model/errors.ts';
import type { DownstreamStream } from '../codec/downstream.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ConfiguredAnswer } from '../route/configured-answer.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { renderConfiguredReply } from './configured-reply.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { grpcContentType, type LocalReply } from './grpc-reply.ts';
import { type OtherStatus, renderErrorReply } from './local-reply.ts';

export const UNSENDABLE_PATH =
  'its route rewrites the path to one that is longer than 65,536 characters or does not begin with "/".';

/** Those of one exchange. They are written and noted in its record; whoever asks for one ends the exchange and the answer. */
export class OwnAnswers {
  readonly #context: ExchangeContext;
  readonly #record: ExchangeRecord;

  constructor(context: ExchangeContext, record: ExchangeRecord) {
    this.#context = context;
    this.#record = record;
  }

  /** What the row of `code` says. `head`: null = what came was no request. `changes`: what the route changes in answers. */
  sendError(
    stream: DownstreamStream,
    head: RequestHead | null,
    changes: FieldEdit | null,
    code: ErrorCode,
    detail: string,
    other: OtherStatus | null = null,
  ): void {
    const requestId = head === null ? '' : `x-request-id: ${this.#record.requestId}\r\n`;
    const extra = requestId + this.#connectionFields(stream, head);
    const reply = renderErrorReply(code, detail, head, changes, extra, other);
    this.#send(stream, head, reply.status, reply);
  }

  /** What the route or a filter says. `edit`: what changes in its fields; null = nothing. `details`: for the log. */
  sendConfigured(
    stream: DownstreamStream,
    head: RequestHead,
    answer: ConfiguredAnswer,
    edit: FieldEdit | null,
    details: string,
  ): void {
    const location = answer.locationOf(head);
    if (location === null) {
      this.#record.fail('malformed_request', UNSENDABLE_PATH);
      this.sendError(stream, head, null, 'malformed_request', UNSENDABLE_PATH);
      return;
    }
    this.#record.details = details;
    const fields = this.#connectionFields(stream, head);
    const contentType = grpcContentType(head);
    const status = contentType === '' ? answer.status : 200;
    this.#send(stream, head, status, renderConfiguredReply(answer, location, edit, fields, contentType));
  }

  #send(stream: DownstreamStream, head: RequestHead | null, status: number, reply: LocalReply): void {
    const body = head?.method === 'HEAD' ? '' : reply.body;
    stream.sendReply(reply.head, body);
    this.#record.bytesSent += body.length;
    this.#record.status = status;
  }

  #connectionFields(stream: DownstreamStream, head: RequestHead | null): string {
    stream.beforeAnswer(this.#context.draining || stream.draining, head !== null);
    if (stream.closing) return 'connection: close\r\n';
    return head?.versionMinor === 0 ? 'connection: keep-alive\r\n' : '';
  }
}
