// Whether what callers saw, what pods got and what the sidecar logged fit together.
import type { AccessRecord } from '../../../src/telemetry/access-log.ts';
import type { Outcome } from './outcome.ts';
import type { RequestPlan } from './plan.ts';

/** The first attempt and two retries. */
const MOST_ATTEMPTS = 3;

/**
 * One line a broken promise. `seen`: how often the head of each request has come to a pod. `endsLater`: pods say that an answer ends behind its last
 * byte (HTTP/2), so that a caller may have the whole of one that has a length, and the sidecar not know yet.
 */
export function checkOutcomes(
  outcomes: readonly Outcome[],
  log: readonly AccessRecord[],
  seen: ReadonlyMap<string, number>,
  endsLater = false,
): string[] {
  const records = new Map<string, AccessRecord>();
  const problems: string[] = [];
  // A tunnel is none of the requests that are made in it.
  for (const entry of log.filter(({ method }) => method !== 'CONNECT')) {
    const record = { ...entry, flags: failureOf(entry) };
    if (records.has(record.requestId)) problems.push(`${record.requestId} was logged twice`);
    records.set(record.requestId, record);
  }
  const troubled = new Set(log.filter((entry) => failureOf(entry) !== '').map(({ requestId }) => callerOf(requestId)));
  for (const outcome of outcomes) {
    const { plan, kind, detail } = outcome;
    const record = records.get(plan.id);
    records.delete(plan.id);
    const attempts = seen.get(plan.id) ?? 0;
    const ended = endsLater && kind === 'answered' && hasLength(plan) && record !== undefined;
    const logged = ended ? { ...record, flags: '' } : record;
    for (const problem of [problemOf(outcome, logged, attempts, troubled), repetition(outcome, attempts)]) {
      if (problem !== '')
        problems.push(`${problem}: ${kind} ${detail}, ${renderRecord(record)}, ${JSON.stringify(plan)}`);
    }
  }
  for (const record of records.values()) problems.push(`nobody sent what was logged: ${renderRecord(record)}`);
  return problems;
}

/** `troubled`: callers of whom some request was logged with a flag. */
function problemOf(
  { plan, kind, detail }: Outcome,
  record: AccessRecord | undefined,
  attempts: number,
  troubled: ReadonlySet<string>,
): string {
  if (kind === 'wrong') return 'what the caller saw is wrong';
  if (kind === 'left') return '';
  if (kind === 'reset') {
    const unseen = record === undefined && attempts === 0;
    return unseen || troubled.has(callerOf(plan.id)) ? '' : 'reset without a reason in the log';
  }
  if (kind === 'unserved')
    return record === undefined && attempts === 0 ? '' : 'not answered, though the sidecar took it';
  if (record === undefined) return 'not logged';
  if (kind === 'answered') return record.flags === '' && attempts > 0 ? '' : 'answered, but not logged so';
  if (kind === 'mesh') return record.flags === detail ? '' : 'logged with another flag';
  return record.flags === '' ? 'cut off without a reason in the log' : '';
}

/** The flags without the one in front that says why a failure was not tried again: a pod's own answer that was no better the last time is none. */
function failureOf({ flags, details }: AccessRecord): string {
  if ((flags === 'URX' || flags === 'UO') && details.startsWith('retries_exhausted: ')) return '';
  return flags.startsWith('URX,') || flags.startsWith('UO,') ? flags.slice(flags.indexOf(',') + 1) : flags;
}

function hasLength({ method, answer }: RequestPlan): boolean {
  return answer.framing === 'length' || method === 'HEAD';
}

/** `caller-number` is the id of a request. */
function callerOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

/** What a pod may have acted on must not come again where that is not the same as once. */
function repetition({ plan }: Outcome, attempts: number): string {
  const most = plan.method === 'POST' ? 1 : MOST_ATTEMPTS;
  return attempts > most ? `sent to pods ${attempts} times` : '';
}

function renderRecord(record: AccessRecord | undefined): string {
  if (record === undefined) return 'no record';
  const { requestId, status, flags, details, attempts, durationMs } = record;
  return `logged ${requestId} ${status} ${flags} (${details}) ${attempts} attempts ${Math.round(durationMs)} ms`;
}
