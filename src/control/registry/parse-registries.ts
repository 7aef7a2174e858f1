// Reads the values of `--registry`.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, fail, type Issue, ok, type Result } from '../../base/result.ts';
import { REGISTRIES, type RegistryContext } from './index.ts';
import type { Registry } from './registry.ts';

/** Every problem of every value; the order of the values is kept, since later registries win over earlier ones. */
export function parseRegistries(values: readonly string[], context: RegistryContext): Result<readonly Registry[]> {
  if (values.length === 0) {
    return fail([errorIssue('no registry is named', { source: '--registry', remedy: `add ${usages()}` })]);
  }
  const issues: Issue[] = [];
  const registries: Registry[] = [];
  for (const [index, value] of values.entries()) {
    const opened = values.indexOf(value) < index ? fail([twiceIssue()]) : openRegistry(value, context);
    if (opened.ok) registries.push(opened.value);
    else issues.push(...opened.issues.map((issue) => ({ ...issue, source: issue.source ?? `--registry ${value}` })));
  }
  return issues.length > 0 ? fail(issues) : ok(registries);
}

function openRegistry(value: string, context: RegistryContext): Result<Registry> {
  const colon = value.indexOf(':');
  const kind = colon < 0 ? value : value.slice(0, colon);
  const row = REGISTRIES.find((known) => known.kind === kind);
  if (row !== undefined) return row.open(colon < 0 ? '' : value.slice(colon + 1), context);
  const kinds = REGISTRIES.map((known) => known.kind);
  const near = nearest(kind, kinds);
  const hint = near === null ? '' : `did you mean ${near}? `;
  return fail([errorIssue(`"${kind}" is no registry`, { remedy: `${hint}write ${usages()}` })]);
}

function usages(): string {
  return REGISTRIES.map((row) => row.usage).join(' or ');
}

function twiceIssue(): Issue {
  return errorIssue('is named twice', { remedy: 'remove one of them' });
}
