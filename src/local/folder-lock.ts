// One supervisor per state folder: a lock file that a crash can't leave behind for good.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cancel } from '../base/clock.ts';
import { codeOf } from '../base/coded-error.ts';
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import { readJson } from './state-folder.ts';

export interface LockHolder {
  readonly pid: number;
  readonly startTime: string;
  /** The folder of manifests that it runs. */
  readonly folder: string;
}

/** Takes `root`/lock, also from a holder that is gone; the value gives it back. */
export function acquireLock(
  root: string,
  self: LockHolder,
  startTimeOf: (pid: number) => string | null,
): Result<Cancel> {
  const file = join(root, 'lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(self), { flag: 'wx', mode: 0o600 });
      return ok(() => rmSync(file, { force: true }));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder !== null && startTimeOf(holder.pid) === holder.startTime) return fail([refusal(holder, root)]);
    rmSync(file, { force: true });
  }
  return fail([errorIssue(`another "switchboard up" is taking ${file} right now`, { remedy: 'try again' })]);
}

function refusal(holder: LockHolder, root: string) {
  return errorIssue(`${holder.folder} is up already, as process ${holder.pid} (state in ${root})`, {
    remedy: `end that one first ("kill ${holder.pid}"), or give this one a state folder of its own with --state`,
  });
}

function readHolder(file: string): LockHolder | null {
  const raw = readJson(file);
  if (typeof raw !== 'object' || raw === null) return null;
  const { pid, startTime, folder } = raw as Record<string, unknown>;
  return typeof pid === 'number' && typeof startTime === 'string' && typeof folder === 'string'
    ? { pid, startTime, folder }
    : null;
}
