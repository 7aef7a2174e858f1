// House rules that hold for each file by itself: its name, first line, length, exports and comments.
import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import type { Rule, SourceFile, Violation } from './source-file.ts';
import { isNode, type SyntaxNode, walk } from './syntax-tree.ts';

export const MAX_LINES = 400;

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'misc', 'shared', 'lib'];
/** What belongs into an issue, or silences a check. */
const MARKS = ['TODO', 'FIXME', 'XXX', 'HACK', 'biome-ignore lint', 'biome-ignore-all', 'biome-ignore-start'];
const DIRECTIVES = ['@ts-ignore', '@ts-expect-error', '@ts-nocheck', 'eslint-disable', 'prettier-ignore'];
const MARK = new RegExp(`(?://|/\\*|^\\s*\\*).*(?:\\b(?:${MARKS.join('|')})\\b|${DIRECTIVES.join('|')})`);
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.bench)?\.ts$/;
const HOT = '// @hot';

export const namedAfterContent: Rule = (file) => {
  const name = posix.basename(file.path);
  const parts = file.path.replace(/(?:\.test|\.bench)?\.ts$/, '').split('/');
  const empty = parts.find((part) => EMPTY_NAMES.includes(part));
  if (empty !== undefined) return [at(file, 1, `"${empty}" names no content: name it after what it owns`)];
  return KEBAB_CASE.test(name) ? [] : [at(file, 1, 'the file name is not kebab-case')];
};

/** `// one sentence`, behind `// @hot` where that stands. */
export const opensWithItsPurpose: Rule = (file) => {
  const line = file.lines[0] === HOT ? 1 : 0;
  const text = file.lines[line] ?? '';
  if (/^\/\/ [^@ ]/.test(text)) return [];
  return [at(file, line + 1, 'opens without `// one sentence: what this file owns`')];
};

export const staysShort: Rule = (file) =>
  file.lines.length <= MAX_LINES
    ? []
    : [
        at(
          file,
          MAX_LINES + 1,
          `${file.lines.length} lines, the limit is ${MAX_LINES}: what would a reader call the halves?`,
        ),
      ];

export const hasNoDefaultExport: Rule = (file) =>
  report(file, (node) =>
    node.type === 'ExportDefaultExpression' || node.type === 'ExportDefaultDeclaration'
      ? 'a default export has no name of its own: export it by name'
      : null,
  );

/** No barrels, `index.ts` included: an import says where the thing lives. */
export const reexportsNothing: Rule = (file) =>
  importsOf(file)
    .filter((one) => one.reexport)
    .map((one) => at(file, one.line, 're-exports: let importers name the file that owns it'));

export const hasNoAny: Rule = (file) =>
  report(file, (node) =>
    node.type === 'TsKeywordType' && node['kind'] === 'any' ? '`any` switches the checks off: use `unknown`' : null,
  );

export const leavesNoMarks: Rule = (file) =>
  file.lines.flatMap((text, index) =>
    MARK.test(text) ? [at(file, index + 1, 'finish it, or open an issue; no check is switched off by comment')] : [],
  );

/** `it.skip` and its kin hide a test; what lacks its peer goes through test/support/peers.ts. */
export const runsEveryTest: Rule = (file) =>
  report(file, (node) => {
    const name = calledName(node);
    return name !== null && /^(?:(?:it|test|describe)\.(?:skip|only|todo)|[xf](?:it|test|describe)\b.*)$/.test(name)
      ? `\`${name}\` leaves tests out`
      : null;
  });

/** `a` or `a.b` of a call `a(…)`, `a.b(…)`, `a.b.each(…)`. */
function calledName(node: SyntaxNode): string | null {
  if (node.type !== 'CallExpression' || !isNode(node['callee'])) return null;
  return dottedName(node['callee']);
}

function dottedName(node: SyntaxNode): string | null {
  if (node.type === 'Identifier') return String(node['value']);
  const { object, property } = node;
  if (node.type !== 'MemberExpression' || !isNode(object) || !isNode(property)) return null;
  const left = dottedName(object);
  if (left?.includes('.') === true) return left;
  return left === null || property.type !== 'Identifier' ? null : `${left}.${String(property['value'])}`;
}

function report(file: SourceFile, judge: (node: SyntaxNode) => string | null): Violation[] {
  const found: Violation[] = [];
  walk(file.tree.root, (node) => {
    const message = judge(node);
    if (message !== null) found.push(at(file, file.tree.lineOf(node), message));
    return undefined;
  });
  return found;
}

function at(file: SourceFile, line: number, message: string): Violation {
  return { path: file.path, line, message };
}
