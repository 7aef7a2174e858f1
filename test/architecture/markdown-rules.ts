// What Markdown pages claim about the project: links, paths and commands, each with its line.
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { ROOT, type Violation } from './source-file.ts';

export interface Page {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** What there is to point at. */
export interface Project {
  exists(path: string): boolean;
  /** Some file of the project has this name, wherever it stands. */
  hasFile(name: string): boolean;
  readonly scripts: ReadonlySet<string>;
  /** Names of `switchboard <command>`. */
  readonly commands: ReadonlySet<string>;
}

/** Folders at the root: a code span that begins with one of them is a path of the project. */
const TOP_FOLDERS = ['.ci', 'bench', 'bin', 'charts', 'docs', 'examples', 'proto', 'scripts', 'src', 'test'];
/** Made by our programs and ignored by git: not there in a clean checkout. */
const MADE = ['bench/results', 'dist', '.peers'];
const FILE_SPAN = /^(?:[\w.@-]+\/)*[\w.@-]+\.(?:ts|cjs|md|proto)$/;
/** Scripts that npm runs without `run`. */
const SHORT_SCRIPTS = ['start', 'test'];

export function projectExists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

export function checkPage(page: Page, project: Project): Violation[] {
  const found: Violation[] = [];
  const report = (line: number, message: string): void => {
    found.push({ path: page.path, line, message });
  };
  let fence = false;
  for (const [index, text] of page.text.split('\n').entries()) {
    const isFence = text.trimStart().startsWith('```');
    if (isFence) fence = !fence;
    const code = fence ? [text] : codeSpans(text);
    for (const message of [
      ...(fence ? [] : linksOf(text).flatMap((link) => checkLink(page, link, project))),
      ...(fence ? [] : code.flatMap((span) => checkPath(page, span, project))),
      ...code.flatMap((span) => checkCommands(span, project)),
    ]) {
      report(index + 1, message);
    }
  }
  return found;
}

function codeSpans(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** Targets of `[text](target)` and `[name]: target`, code spans left out. */
function linksOf(line: string): string[] {
  const plain = line.replace(/`[^`]*`/g, '');
  const inline = [...plain.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
  const reference = /^\[[^\]]+\]:\s*(\S+)/.exec(plain)?.[1];
  return reference === undefined ? inline : [...inline, reference];
}

function checkLink(page: Page, target: string, project: Project): string[] {
  if (/^(?:https?|mailto):/.test(target) || target.startsWith('#')) return [];
  const path = target.split('#')[0] ?? '';
  if (path.startsWith('/')) return [`the link "${target}" is absolute: write it relative to this page`];
  return project.exists(posix.join(dirname(page.path), path)) ? [] : [`the link "${target}" leads nowhere`];
}

/** Only spans that can be nothing but a path of this project; `<name>`, `…` and `*` stand for any. */
function checkPath(page: Page, span: string, project: Project): string[] {
  const path = span.replace(/:\d+$/, '').replace(/\/$/, '');
  if (/[<>*…{}\s,|]/.test(path) || MADE.some((made) => path === made || path.startsWith(`${made}/`))) return [];
  const rooted = TOP_FOLDERS.includes(path.split('/')[0] ?? '') && path.includes('/');
  if (!rooted && !FILE_SPAN.test(path)) return [];
  if (!path.includes('/') && project.hasFile(path)) return [];
  const places = [path, posix.join(dirname(page.path), path), posix.join('src', path)];
  return places.some((place) => project.exists(place)) ? [] : [`\`${span}\` is not there`];
}

function checkCommands(code: string, project: Project): string[] {
  const named = (pattern: RegExp): string[] => [...code.matchAll(pattern)].map((match) => match[1] ?? '');
  const scripts = [
    ...named(/\bnpm run ([\w:-]+)/g),
    ...named(/\bnpm ([a-z]+)/g).filter((name) => SHORT_SCRIPTS.includes(name)),
  ];
  const commands = named(/(?:^|[\s$(])(?:npx )?switchboard(?:-mesh)? ([a-z][a-z-]*)/g);
  const files = named(/(?:^|\s)node ((?:bin|scripts|bench)\/[\w./-]+)/g);
  return [
    ...scripts.filter((name) => !project.scripts.has(name)).map((name) => `package.json has no script "${name}"`),
    ...commands
      .filter((name) => !project.commands.has(name))
      .map((name) => `there is no command "switchboard ${name}"`),
    ...files.filter((file) => !project.exists(file)).map((file) => `\`node ${file}\`: there is no such file`),
  ];
}
