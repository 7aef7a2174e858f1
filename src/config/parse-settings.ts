// Variables of the environment → typed settings, with every problem at once.
import { nearest } from '../base/nearest.ts';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import type { Setting, SettingsOf } from './setting.ts';

const PREFIX = 'SWITCHBOARD_';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `known` are further names that may stand in the environment without a meaning for these rows: those of our other programs, which often
 * share one environment. Any other `SWITCHBOARD_…` variable is an error, because a misspelt one would silently do nothing.
 */
export function parseSettings<const Rows extends readonly Setting[]>(
  rows: Rows,
  env: Environment,
  known: readonly string[] = [],
): Result<SettingsOf<Rows>> {
  const issues: Issue[] = unknownVariables(env, [...rows.map((row) => row.env), ...known]);
  const values: Record<string, unknown> = {};
  for (const row of rows) {
    const result = row.type.parse(textOf(row, env));
    if (result.ok) values[row.name] = result.value;
    else issues.push(...result.issues.map((issue) => ({ ...issue, path: row.env })));
  }
  return issues.length > 0 ? fail(issues) : ok(values as SettingsOf<Rows>);
}

function textOf(row: Setting, env: Environment): string {
  const text = env[row.env]?.trim();
  return text === undefined || text === '' ? row.default : text;
}

function unknownVariables(env: Environment, known: readonly string[]): Issue[] {
  const names = new Set(known);
  const issues: Issue[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || names.has(name) || isServiceVariable(name, value ?? '')) continue;
    const near = nearest(withoutPrefix(name), known.map(withoutPrefix));
    const remedy = near === null ? 'unset it; `switchboard proxy --help` lists all' : `did you mean ${PREFIX}${near}?`;
    issues.push(errorIssue('is not a setting', { path: name, remedy }));
  }
  return issues;
}

/** The prefix that all share would make every two names look near. */
function withoutPrefix(name: string): string {
  return name.slice(PREFIX.length);
}

/**
 * Kubernetes itself puts variables for each Service into every pod of its namespace: a Service named `switchboard` yields
 * SWITCHBOARD_SERVICE_HOST, SWITCHBOARD_PORT=tcp://…, SWITCHBOARD_PORT_80_TCP_ADDR and so on. They are not ours to judge.
 * Source: kubernetes.io, Service, "Environment variables".
 */
function isServiceVariable(name: string, value: string): boolean {
  if (name.endsWith('_SERVICE_HOST') || name.endsWith('_SERVICE_PORT') || name.includes('_SERVICE_PORT_')) return true;
  if (/_PORT_\d{1,5}_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}
