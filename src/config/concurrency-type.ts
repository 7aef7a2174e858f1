// How many processes carry the traffic: a number, or as many as there are CPUs.
import { errorIssue, fail, ok } from '../base/result.ts';
import { quote } from './quote.ts';
import type { SettingType } from './setting.ts';

/** More than any sidecar should have; each costs memory. */
const MOST = 64;

export const concurrencyType: SettingType<number | 'auto'> = {
  describe: `a whole number from 1 to ${MOST}, or \`auto\``,
  parse(text) {
    if (text === 'auto') return ok(text);
    const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= MOST) return ok(count);
    const remedy = `write a whole number from 1 to ${MOST}, or auto`;
    return fail([errorIssue(`${quote(text)} is no number of workers`, { remedy })]);
  },
};
