// The settings of a program from its environment, or one error that tells every problem.
import { ENV_NAMES } from '../config/index.ts';
import { parseSettings } from '../config/parse-settings.ts';
import type { Setting, SettingsOf } from '../config/setting.ts';
import { usageIssues } from './cli-error.ts';
import type { Cli } from './command.ts';

export function readSettings<const Rows extends readonly Setting[]>(rows: Rows, cli: Cli): SettingsOf<Rows> {
  const result = parseSettings(rows, cli.env, ENV_NAMES);
  if (!result.ok) throw usageIssues(result.issues);
  return result.value;
}
