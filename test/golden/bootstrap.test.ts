// Golden bootstrap files: what is made of those that are accepted, with every remark, and every line that is said of the others.
// `UPDATE_GOLDEN=1` writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderIssue } from '../../src/base/result.ts';
import type { BootstrapSpec } from '../../src/xds/bootstrap/bootstrap-spec.ts';
import { readBootstrap } from '../../src/xds/bootstrap/read-bootstrap.ts';

const FOLDER = fileURLToPath(new URL('./bootstrap', import.meta.url));

interface Outcome {
  readonly accepted: Omit<BootstrapSpec, 'notes' | 'configDump'> | null;
  readonly lines: readonly string[];
}

function read(path: string): Outcome {
  const result = readBootstrap(readFileSync(path, 'utf8'), basename(path));
  if (!result.ok) return { accepted: null, lines: result.issues.map(renderIssue) };
  const { notes, configDump: _, ...accepted } = result.value;
  return { accepted, lines: notes.map(renderIssue) };
}

function inputsOf(kind: 'accepted' | 'refused'): string[] {
  return readdirSync(join(FOLDER, kind))
    .filter((name) => !name.includes('.expected.'))
    .sort();
}

function expectGolden(kind: 'accepted' | 'refused', name: string): void {
  const expected = join(FOLDER, kind, `${basename(name, extname(name))}.expected.json`);
  const outcome = read(join(FOLDER, kind, name));
  expect(outcome.accepted === null).toBe(kind === 'refused');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, `${JSON.stringify(outcome, null, 2)}\n`);
  expect(JSON.parse(JSON.stringify(outcome))).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
}

describe('a bootstrap file', () => {
  it.each(inputsOf('accepted'))('is accepted: %s', (name) => expectGolden('accepted', name));

  it.each(inputsOf('refused'))('is refused: %s', (name) => expectGolden('refused', name));
});
