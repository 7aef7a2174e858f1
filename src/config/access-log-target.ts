// Where access-log lines go, as configuration.
import { ok } from '../base/result.ts';
import type { SettingType } from './setting.ts';

export type AccessLogTarget =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string };

export const accessLogTargetType: SettingType<AccessLogTarget> = {
  describe: '`stdout`, `off`, or the path of a file that lines are added to',
  parse(text) {
    return ok(text === 'stdout' || text === 'off' ? { kind: text } : { kind: 'file', path: text });
  },
};
