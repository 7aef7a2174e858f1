// What an HTTP filter is: it sees a request before it goes where its route says, and may change it, hold it up or answer it.
import type { ErrorCode } from '../../model/errors.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ConfiguredAnswer } from '../route/configured-answer.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { SessionPolicy } from '../session/session-policy.ts';

/** One filter with one configuration: shared by all requests that it holds for. */
export interface HttpFilter {
  /** A request has come; filters before this one have let it go on. Null = this one has no more to do with it. */
  begin(call: FilterCall): FilterPass | null;
}

/** What one filter keeps of one request. */
export interface FilterPass {
  /** What it changes in the answer, wherever that comes from; read when its head is about to be sent. Null = nothing. */
  readonly answerEdit: FieldEdit | null;
  /** The request is over, once. `answered`: its answer has been sent whole. */
  onEnd(answered: boolean): void;
}

/** The request, as a filter sees it; valid until `onEnd`, and where `begin` has answered null until then. */
export interface FilterCall {
  readonly head: RequestHead;
  /** The address that its connection comes from; null = nobody knows. */
  readonly client: string | null;
  /** Where it goes; '' = its route answers by itself, or it has none. */
  readonly cluster: string;
  /** The request waits `ms` (> 0); then `then` is called, which may answer or delay it once more, and filters behind go on. */
  delay(ms: number, then: () => void): void;
  /** Its answer is passed on no faster than so many KiB a second (≥ 1), whoever else says more. */
  paceAnswer(kibPerSecond: number): void;
  /** It goes nowhere: this is its answer. No filter behind sees it. */
  answer(answer: FilterAnswer): void;
  /** The request goes on with this change, before those of its route. */
  changeRequest(edit: FieldEdit): void;
  /** The request belongs to a session, where its route says nothing of that itself. */
  keepSession(policy: SessionPolicy): void;
  /** In the access log. */
  addFlag(flag: string): void;
}

/**
 * `refuse`: as the row of `code` says, with another status (0 = its own) or gRPC status (−1 = the row's, or what is usual for `status`) where one is
 * given. `reply`: as it stands.
 */
export type FilterAnswer =
  | {
      readonly kind: 'refuse';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly status: number;
      readonly grpcStatus: number;
    }
  | { readonly kind: 'reply'; readonly answer: ConfiguredAnswer; readonly details: string };
