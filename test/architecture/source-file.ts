// The files that the architecture tests look at, read and parsed once.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTree, type SyntaxTree } from './syntax-tree.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the project's root, with `/`: `src/base/clock.ts`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly tree: SyntaxTree;
}

/** One broken rule at one place. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

export type Rule = (file: SourceFile) => readonly Violation[];

/** Generated, or brought in as it is: nobody here writes these by hand. */
const NOT_OURS = ['src/xds/gen/', 'bench/floor/'];

export function sourceFile(path: string, text: string): SourceFile {
  return { path, lines: text.replace(/\n$/, '').split('\n'), tree: parseTree(text) };
}

/** Every TypeScript file below `folder` (from the root), sorted; without generated ones unless asked for. */
export function readSources(folder: string, options: { readonly generated?: boolean } = {}): SourceFile[] {
  return listFiles(folder)
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => options.generated === true || !NOT_OURS.some((start) => path.startsWith(start)))
    .map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Paths of every file below `folder`, both from the root; none where there is no such folder. */
export function listFiles(folder: string): string[] {
  const absolute = join(ROOT, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** package.json, as far as the house rules read it. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** `file:line: message`, one a line: what a failing test shows. */
export function renderViolations(violations: readonly Violation[]): string {
  return violations.map(({ path, line, message }) => `${path}:${line}: ${message}`).join('\n');
}
