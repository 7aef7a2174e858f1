// What one proxy tells the next of the attempts of a request, and what endpoints and callers are told of their number.

import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';

/** In a request: it has been sent before, so many times with this one. Whoever gets it on its way does not repeat what a pod may have seen. */
export const ATTEMPT = 'x-switchboard-attempt';
/** In an answer: somebody on its way has tried as often as makes sense. */
export const RETRIES = 'x-switchboard-retries';
const SPENT = 'spent';
/** Source: include_request_attempt_count, include_attempt_count_in_response. */
export const ATTEMPT_COUNT = 'x-envoy-attempt-count';

/** Field lines of the attempt with that number, from 1. `counted`: its route tells endpoints of it. */
export function attemptLines(head: RequestHead, attempt: number, counted: boolean): string {
  // Whoever has said it before us counts: the request was repeated further out.
  const repeated = attempt > 1 && head.find(ATTEMPT) < 0 ? `${ATTEMPT}: ${attempt}\r\n` : '';
  return counted ? `${repeated}${ATTEMPT_COUNT}: ${attempt}\r\n` : repeated;
}

/** Nobody may repeat this request but where no pod has seen it. */
export function isRepeatedFurtherOut(head: RequestHead): boolean {
  return head.find(ATTEMPT) >= 0;
}

export function saysSpent(head: ResponseHead): boolean {
  return head.get(RETRIES) === SPENT;
}

/** `changes` (null = none), and what is told of attempts. `attempts`: 0 = their number is not told. */
export function tellingAttempts(changes: FieldEdit | null, attempts: number, spent: boolean): FieldEdit {
  return {
    apply(fields: FieldList): void {
      changes?.apply(fields);
      if (attempts > 0) fields.overwrite(ATTEMPT_COUNT, `${attempts}`);
      if (spent) fields.overwrite(RETRIES, SPENT);
    },
  };
}
