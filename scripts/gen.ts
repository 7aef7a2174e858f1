// Generates src/xds/gen from proto/ and docs/reference from src; with --check it changes nothing and fails where what is committed differs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatePages } from './gen-docs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join('src', 'xds', 'gen');

/** Writes the generated code below `base` (its own src/xds/gen). Needs no network. */
function generate(base: string): void {
  const bin = join(root, 'node_modules', '.bin');
  // The plug-in is found on PATH and runs on the node that is first there: the pinned one.
  const path = [dirname(process.execPath), bin, process.env['PATH'] ?? ''].join(delimiter);
  const run = spawnSync(join(bin, 'buf'), ['generate', '--output', base], {
    cwd: root,
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
  });
  if (run.error !== undefined) throw new Error(`buf could not be started: ${run.error.message}; run \`npm install\``);
  if (run.status !== 0) throw new Error(`buf generate failed:\n${run.stderr}${run.stdout}`);
}

function readTree(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), readFileSync(path, 'utf8'));
  }
  return files;
}

/** Paths that are missing, surplus or different in `actual`. */
function differences(actual: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...actual.keys(), ...expected.keys()]);
  return [...paths].filter((path) => actual.get(path) !== expected.get(path)).sort();
}

function check(): number {
  const temporary = mkdtempSync(join(tmpdir(), 'switchboard-gen-'));
  try {
    generate(temporary);
    const changed = differences(readTree(join(root, output)), readTree(join(temporary, output)));
    if (changed.length === 0) return 0;
    console.error(`${output} does not match proto/: ${changed.join(', ')}; run \`npm run gen\` and commit the result`);
    return 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function main(args: readonly string[]): number {
  const unknown = args.find((argument) => argument !== '--check');
  if (unknown !== undefined) {
    console.error(`unknown argument ${unknown}; usage: npm run gen [-- --check]`);
    return 2;
  }
  if (args.includes('--check')) return Math.max(check(), generatePages(args));
  generate(root);
  return generatePages(args);
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
