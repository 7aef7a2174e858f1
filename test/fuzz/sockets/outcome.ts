// What becomes of a request, as its caller sees it, and what an answer must be.
import { ERRORS, type ErrorRow } from '../../../src/model/errors.ts';
import type { RequestPlan } from './plan.ts';
import { bodyOf, ID_FIELD } from './wire.ts';

/**
 * `answered`: whole, as the pod sent it. `mesh`: whole, made by the sidecar, with its flag. `cut`: it had begun and broke off. `reset`: the
 * connection or the request was reset, which overtakes what was sent before. `unserved`: the connection had said that it ends before. `left`: the
 * caller did not wait. `wrong`: none of these, which must not be.
 */
export type OutcomeKind = 'answered' | 'mesh' | 'cut' | 'reset' | 'unserved' | 'left' | 'wrong';

export interface Outcome {
  readonly plan: RequestPlan;
  readonly kind: OutcomeKind;
  /** The flag, or what is wrong. */
  readonly detail: string;
}

/** Far beyond every timeout of the run: whoever waits so long waits for ever. */
export const PATIENCE_MS = 15_000;

export interface SeenAnswer {
  readonly status: number;
  get(field: string): string | undefined;
  readonly body: Buffer;
}

/** '' = what came is what the pod sent for this request, or its beginning. */
export function problemOfAnswer(plan: RequestPlan, { status, body, get }: SeenAnswer, complete: boolean): string {
  if (get(ID_FIELD) !== plan.id) return `got the answer to ${get(ID_FIELD)}`;
  if (status !== plan.answer.status) return `got status ${status}`;
  const expected = plan.method === 'HEAD' ? Buffer.alloc(0) : bodyOf('down', plan.id, plan.answer.bytes);
  if (complete && body.length !== expected.length) return `took ${body.length} of ${expected.length} bytes for all`;
  if (!body.equals(expected.subarray(0, body.length))) return 'got other bytes than its own';
  return '';
}

/** An answer with `x-switchboard-error: failure`. */
export function judgeFailure(
  plan: RequestPlan,
  answer: SeenAnswer,
  failure: string,
  complete: boolean,
): Pick<Outcome, 'kind' | 'detail'> {
  const [flag = '', code = ''] = failure.split(' ');
  const row: ErrorRow | undefined = new Map<string, ErrorRow>(Object.entries(ERRORS)).get(code);
  if (row?.flag !== flag || row.status !== answer.status)
    return { kind: 'wrong', detail: `${answer.status} ${failure} is no failure of the table` };
  if (!complete) return { kind: 'wrong', detail: `half of ${failure}` };
  if (plan.method !== 'HEAD' && answer.body.length === 0) return { kind: 'wrong', detail: `${failure} without a word` };
  return { kind: 'mesh', detail: flag };
}
