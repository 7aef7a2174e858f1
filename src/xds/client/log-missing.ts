// Says in the log what does not come, a line for each reason.
import type { Log } from '../../base/log.ts';
import { type MissingReason, WILDCARD } from './held-type.ts';
import type { Outcome } from './subscriber.ts';

/** At most this many things are named in one line of the log. */
export const MAX_LOGGED = 3;

const MISSING_WORDS: Readonly<Record<MissingReason, string>> = {
  'does-not-exist': 'the control plane says that a part of the configuration does not exist',
  timeout: 'a part of the configuration does not come: it is treated as not existing',
  expired: 'a part of the configuration was not renewed in time and is given up',
};

export function logMissing(log: Log, type: string, missing: Outcome['missing']): void {
  for (const reason of Object.keys(MISSING_WORDS) as MissingReason[]) {
    const names = missing.filter((each) => each.reason === reason).map(({ name }) => name);
    if (names.length === 0) continue;
    const first = names.slice(0, MAX_LOGGED).map(wordsFor).join(' | ');
    log.warn(MISSING_WORDS[reason], { type, count: names.length, first });
  }
}

function wordsFor(name: string): string {
  return name === WILDCARD ? 'nothing has come at all' : name;
}
