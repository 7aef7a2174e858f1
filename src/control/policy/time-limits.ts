// Time limits that policies say of single tries and that can never be reached, as the whole request ends before.
import { type Issue, warningIssue } from '../../base/result.ts';
import { placeOf } from '../../kube/meta.ts';
import { type SaidSections, whereIs } from './attachments.ts';
import { msOf } from './duration-ms.ts';

const OF_TRIES = ['perTryTimeout', 'perTryIdleTimeout'] as const;

/** `said`: of one target; sections may stand in several policies. Warnings: such a limit does no harm, and nothing else either. */
export function checkTimeLimits({ retries, timeouts }: SaidSections): readonly Issue[] {
  const whole = timeouts?.value.request;
  const wholeMs = msOf(whole) ?? 0;
  if (retries === undefined || timeouts === undefined || wholeMs === 0) return [];
  return OF_TRIES.flatMap((name) => {
    const limit = retries.value[name];
    if (limit === undefined || msOf(limit) < wholeMs) return [];
    const other = timeouts.policy === retries.policy ? 'timeouts.request' : `TrafficPolicy ${whereIs(timeouts.policy)}`;
    const message = `is ${limit}, and never counts: ${other} ends the whole request after ${whole}`;
    const place = placeOf(retries.policy, `spec.retries.${name}`);
    return [warningIssue(message, { ...place, remedy: 'make it shorter, or the other one longer' })];
  });
}
